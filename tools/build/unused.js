/** Stands in for what packages load and the guard never uses. */
export const constants = {}
/** undici asks this about its second parser. */
export const getMiloEnabled = () => false
