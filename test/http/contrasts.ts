/**
 * Runs in a browser: the contrast (WCAG 2.2, 1.4.3) of each element that has text of its own and is visible, by its text;
 * the background is the nearest that is not transparent. A list of pairs.
 */
export const CONTRASTS = `(() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number)
  const luminance = colour => {
    const [red, green, blue] = numbers(colour).map(part => part / 255).map(part =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const isTransparent = colour => numbers(colour)[3] === 0
  const background = element => {
    const colour = getComputedStyle(element).backgroundColor
    return isTransparent(colour) ? background(element.parentElement) : colour
  }
  const ownText = element => [...element.childNodes].filter(node => node.nodeType === 3).map(node => node.data).join('').trim()
  return [...document.body.querySelectorAll('*')]
    .filter(element => element.checkVisibility() && ownText(element) !== '' && !['SCRIPT', 'STYLE'].includes(element.tagName))
    .map(element => {
      const [dark, light] = [luminance(getComputedStyle(element).color), luminance(background(element))].sort((a, b) => a - b)
      return [element.className + ' ' + ownText(element), (light + 0.05) / (dark + 0.05)]
    })
})()`
