// Ajv that takes schemas and keywords as they are, in place of `ajv` for all who import it: env-schema has the schema of
// schemas compiled as it is loaded, in every start, and with it the schema of its own options, which only we give it.
// fastify's compiler wants a `default`.
const { Ajv } = require('ajv/dist/ajv.js')

module.exports = class extends Ajv {
  constructor(options) {
    super({ ...options, meta: false, validateSchema: false, code: { optimize: false } })
  }

  compile(schema) {
    return schema.properties?.dotenv === undefined ? super.compile(schema) : () => true
  }

  addKeyword(keyword) {
    return super.addKeyword(typeof keyword === 'string' ? keyword : { ...keyword, metaSchema: undefined })
  }
}
module.exports.Ajv = module.exports
module.exports.default = module.exports
