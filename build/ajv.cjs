// Ajv that takes schemas as they are, in place of `ajv` for all who import it: env-schema has the schema of schemas compiled
// as it is loaded, in every start, to check its own keywords and options with it. fastify's compiler wants a `default`.
const { Ajv } = require('ajv/dist/ajv.js')

module.exports = class extends Ajv {
  constructor(options) {
    super({ ...options, meta: false, validateSchema: false })
  }
}
module.exports.Ajv = module.exports
module.exports.default = module.exports
