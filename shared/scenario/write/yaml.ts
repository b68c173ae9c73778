/**
 * Plain values as YAML in the style of the scenarios that come with Lightcone: the outline in lines, what stands on one
 * line between braces, long texts folded.
 */
export type Tree = string | number | boolean | null | readonly Tree[] | { readonly [name: string]: Tree };

const widthMax = 118;
const step = "  ";

export function yamlOf(tree: { readonly [name: string]: Tree } | Tree): string {
  return `${lines(tree, "", 0).join("\n")}\n`;
}

/** Depths of the scenario's parts, and of their items: each step has lines of its own. */
const parts = 1;
const itemsOfParts = 2;

/** The lines of a map or list, each with its indentation. */
function lines(tree: Tree, indent: string, depth: number): string[] {
  if (isList(tree)) {
    return tree.flatMap((item) => {
      const isNamed = isCollection(item) && !isList(item) && Object.keys(item).length === 1;
      if (!isNamed && isInLine(item, indent.length + 2, depth + 1)) return [`${indent}- ${flow(item)}`];
      const [first, ...others] = lines(item, indent + step, depth + 1);
      return [`${indent}- ${first!.trimStart()}`, ...others];
    });
  }
  return Object.entries(tree as { readonly [name: string]: Tree }).flatMap(([name, value]) => {
    const key = `${indent}${scalar(name)}:`;
    if (typeof value === "string" && value.length > widthMax - key.length && isFoldable(value)) {
      return [`${key} ${value.endsWith("\n") ? ">" : ">-"}`, ...folded(value, indent + step)];
    }
    if (isInLine(value, key.length + 1, depth + 1)) return [`${key} ${flow(value)}`];
    return [key, ...lines(value, indent + step, depth + 1)];
  });
}

const isList = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree);
const isCollection = (tree: Tree | undefined) => typeof tree === "object" && tree !== null;

/** True for what is said on one line, beginning in this column. */
function isInLine(tree: Tree, column: number, depth: number): boolean {
  if (!isCollection(tree)) return true;
  const items = Object.values(tree as object) as Tree[];
  if (items.length === 0) return true;
  const isStep = depth === itemsOfParts && "do" in tree;
  const isOutline = isList(tree) ? items.some(isCollection) : depth <= parts || isStep;
  if (isOutline) return false;
  return column + flow(tree).length <= widthMax && !items.some(hasListOfCollections);
}

const hasListOfCollections = (tree: Tree): boolean =>
  isCollection(tree) &&
  (isList(tree)
    ? tree.some(isCollection) && !tree.every(isList)
    : Object.values(tree as object).some(hasListOfCollections));

function flow(tree: Tree): string {
  if (!isCollection(tree)) return scalar(tree);
  if (isList(tree)) return `[${tree.map(flow).join(", ")}]`;
  const fields = Object.entries(tree);
  if (fields.length === 0) return "{}";
  return `{ ${fields.map(([name, value]) => `${scalar(name)}: ${flow(value)}`).join(", ")} }`;
}

/** Begins with a letter and holds nothing that YAML could take for structure, in lines and between braces. */
const plain = /^[\p{L}_][\p{L}\p{N}_ .;'!?()+*/=&@^|<>~$%…→-]*$/u;
/** True and false to other readers of YAML, if not to ours. */
const wordOfYaml = /^(?:true|false|null|yes|no|on|off)$/i;
const duration = /^-?\d+(?:\.\d+)?(?:ms|s|m|h)$/;

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== "string") return String(value);
  const isPlain =
    (plain.test(value) && !value.endsWith(" ") && !wordOfYaml.test(value)) || duration.test(value);
  // Every JSON text is YAML, but for two line ends that JSON leaves as they are.
  return isPlain ? value : JSON.stringify(value).replace(/[\u0085\u2028\u2029\ufeff]/g, escaped);
}

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Words with single spaces between them, and a line end at the end or none: folding keeps exactly that. */
const isFoldable = (text: string) => /^[\p{L}\p{N}\p{P}\p{S}]+(?: [\p{L}\p{N}\p{P}\p{S}]+)*\n?$/u.test(text);

function folded(text: string, indent: string): string[] {
  const filled: string[] = [];
  let line = indent;
  for (const word of text.trimEnd().split(" ")) {
    if (line !== indent && line.length + 1 + word.length > widthMax) {
      filled.push(line);
      line = indent;
    }
    line += line === indent ? word : ` ${word}`;
  }
  return [...filled, line];
}
