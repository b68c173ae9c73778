/**
 * What was said, without what was left out.
 *
 * A field that is optional where it is typed arrives as `undefined`, and `{ ...defaults, ...given }` would then put the
 * nothing over the default; a recording would hold names without a value. So whatever is laid over defaults, or kept,
 * goes through here first.
 */

/** Fields that may be undefined may be absent instead; the others are there. */
type Given<Fields> = {
  [Name in keyof Fields as undefined extends Fields[Name] ? never : Name]: Fields[Name];
} & {
  [Name in keyof Fields as undefined extends Fields[Name] ? Name : never]?: Exclude<Fields[Name], undefined>;
};

export const withoutAbsent = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>;
