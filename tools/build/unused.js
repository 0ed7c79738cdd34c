/** In place of what others load and the guard never uses. */
export const constants = {}
