/** In place of what others load and the guard never uses. */
export const constants = {}
/** undici's other parser asks this. */
export const getMiloEnabled = () => false
