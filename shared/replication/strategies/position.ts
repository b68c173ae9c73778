/**
 * Positions of lines: texts in an order as dense as fractions, so that between two there is always room for more.
 *
 * The lines that one write inserts at one place share a beginning, which is closed by the write's dot. So lines that two
 * writes insert at the same place do not mingle, and no two positions are ever equal.
 *
 * `j!node-1:5/03i`: the digits `j` lie between the neighbours, `node-1:5` is the dot, `03i` the line within the write.
 * Characters compare by their codes: `!` closes digits and is below them, so what is longer comes after what it extends.
 */

const digits = Array.from({ length: 36 }, (_, digit) => digit.toString(36));
const middle = "i";

/** `count` positions in order, above `left` and below `right`; "" is the beginning, null the end. */
export function positionsBetween(
  left: string,
  right: string | null,
  dot: string,
  count: number,
): readonly string[] {
  if (count === 0) return [];
  const beginning = `${digitsBetween(left, right)}!${dot}/`;
  const width = (count - 1).toString(36).length;
  return Array.from({ length: count }, (_, index) => {
    // Ends above the lowest digit, so that there is room below it.
    return `${beginning}${index.toString(36).padStart(width, "0")}${middle}`;
  });
}

/**
 * The shortest text above `left` and below `right` whatever follows it: `left` up to some place and then one digit. At
 * the end of a text the next digit is taken and at its beginning the one before, for texts grow there; else the middle.
 */
function digitsBetween(left: string, right: string | null): string {
  for (let at = 0, isBelow = right === null; ; at++) {
    const low = left[at] ?? "";
    const high = isBelow ? undefined : right![at];
    const fits = digits.filter((digit) => digit > low && (high === undefined ? isBelow : digit < high));
    if (fits.length > 0) {
      const digit = right === null && left !== "" ? fits[0]! : fits[fits.length >> 1]!;
      return left.slice(0, at) + digit;
    }
    if (low === "") {
      // Nothing fits below the other's next character: go on below it.
      return digitsBelow(left, right!, at);
    }
    if (low !== high) isBelow = true;
  }
}

/** `left` is where `right` begins, up to `at`: the lowest digits, until there is room below `right`. */
function digitsBelow(left: string, right: string, at: number): string {
  let start = left;
  for (let index = at; ; index++) {
    const high = right[index]!;
    const fits = digits.filter((digit) => digit < high);
    if (fits.length > 0) return start + (left === "" ? fits.at(-1)! : fits[fits.length >> 1]!);
    start += high;
  }
}
