// Replaces `ajv` for everybody who imports it: an Ajv that takes schemas and keywords as they are. Otherwise each start
// pays for env-schema, which compiles the schema of schemas when it is loaded, and the schema of its own options, which
// only we give it. fastify's compiler wants a `default`.
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
