/**
 * Scenarios and histories come from anywhere: what would steer a terminal, or turn the direction of its text, is not
 * printed as it is.
 */
export const printable = (text: string): string =>
  text.replaceAll(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/gu, "\u{FFFD}");
