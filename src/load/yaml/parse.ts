/** Text → positioned YAML tree, read as Ansible reads it. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node, type ParsedNode, type Scalar } from 'yaml';
import { CtplayError, CtplayErrors, type SourceSpan } from '../../errors.ts';
import type { YamlEntry, YamlNode } from './node.ts';
import { resolvePlain } from './scalar.ts';
import { syntaxError, unquotedTemplate } from './syntax-error.ts';
import { protectFromTemplating, taggedScalar, type Decrypt } from './tags.ts';

export interface YamlOptions {
  /** Opens `!vault` values, which become Secrets; without it they are Secrets that can't be revealed. */
  readonly decrypt?: Decrypt | undefined;
}

/**
 * Parses one document; an empty one is a null scalar. Throws CtplayErrors with yaml.syntax for malformed text, duplicate keys,
 * several documents, unknown tags and anchors.
 */
export function parseYaml(text: string, file: string, options: YamlOptions = {}): YamlNode {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { schema: 'failsafe', lineCounter: lines, uniqueKeys: false, logLevel: 'silent' });
  const start: SourceSpan = { file, line: 1, column: 1 };
  const empty: YamlNode = { kind: 'scalar', span: start, value: null, plain: true };
  if (!Array.isArray(documents) || documents.length === 0) return empty;
  const builder = new TreeBuilder(text, file, lines, options);
  const [first, second] = documents as Document.Parsed[];
  const malformed = (documents as Document.Parsed[]).flatMap((document) => document.errors)[0];
  if (malformed) throw new CtplayErrors([syntaxError(malformed, { text, lastQuote: lastQuote(documents), spanAt: (from, to) => builder.span(from, to) })]);
  if (second) {
    throw new CtplayErrors([
      new CtplayError('yaml.syntax', 'the file holds more than one YAML document', {
        span: builder.spanOf(second.contents ?? undefined) ?? start,
        hint: "Put the second document into a file of its own, or remove the '---' before it.",
      }),
    ]);
  }
  const root = first?.contents ? builder.build(first.contents, first) : empty;
  if (builder.problems.length > 0) throw new CtplayErrors(builder.problems);
  return root;
}

/** Where the last quoted scalar starts: the one to blame when a quote is never closed. */
function lastQuote(documents: readonly Document[]): number | undefined {
  let start: number | undefined;
  for (const document of documents) {
    visit(document, {
      Scalar: (_key, { type, range }) => {
        if (type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') start = range?.[0] ?? start;
      },
    });
  }
  return start;
}

/** `key:` without a value: what there is to point at is the key. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.type === 'PLAIN' && node.source === '' && node.tag === undefined && node.anchor === undefined;
}

class TreeBuilder {
  readonly problems: CtplayError[] = [];
  readonly #text: string;
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #options: YamlOptions;
  readonly #built = new Map<Node, YamlNode | 'building'>();

  constructor(text: string, file: string, lines: LineCounter, options: YamlOptions) {
    this.#text = text;
    this.#file = file;
    this.#lines = lines;
    this.#options = options;
  }

  /** From the offset of the first character to behind the last, blanks at the end left out. */
  span(from: number, to: number): SourceSpan {
    let end = Math.min(to, this.#text.length);
    while (end > from + 1 && /\s/.test(this.#text[end - 1]!)) end--;
    const first = this.#lines.linePos(from);
    const last = this.#lines.linePos(Math.max(end, from));
    return { file: this.#file, line: Math.max(first.line, 1), column: Math.max(first.col, 1), endLine: last.line, endColumn: last.col };
  }

  spanOf(node: Node | undefined): SourceSpan | undefined {
    return node?.range ? this.span(node.range[0], node.range[1]) : undefined;
  }

  build(node: Node, document: Document): YamlNode {
    const known = this.#built.get(node);
    if (known === 'building') {
      this.#problem('an anchor may not hold an alias of itself', node);
      return this.#null(node);
    }
    if (known) return known;
    this.#built.set(node, 'building');
    const built = this.#convert(node, document);
    this.#built.set(node, built);
    return built;
  }

  #convert(node: Node, document: Document): YamlNode {
    const span = this.spanOf(node) ?? { file: this.#file, line: 1, column: 1 };
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target) return this.build(target, document);
      this.#problem(`there is no anchor '&${node.source}' before this`, node, 'A value that starts with * is an alias in YAML; quote it if it is meant as text.');
      return this.#null(node);
    }
    if (isScalar(node)) return { kind: 'scalar', span, value: this.#scalar(node, span), plain: node.type === 'PLAIN' };
    let built: YamlNode;
    if (isSeq(node)) built = { kind: 'list', span, items: node.items.map((item) => this.build(item as ParsedNode, document)) };
    else if (isMap(node)) built = { kind: 'map', span, entries: this.#entries(node.items as { key: Node; value: Node | null }[], document) };
    else throw new TypeError('a YAML node of no known kind');
    return node.tag === '!unsafe' ? protectFromTemplating(built) : built;
  }

  #scalar(node: Scalar, span: SourceSpan): unknown {
    const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
    if (node.tag !== undefined) {
      try {
        return taggedScalar(node.tag, text, span, this.#options.decrypt);
      } catch (error) {
        if (!(error instanceof CtplayError)) throw error;
        this.problems.push(error.at(span));
        return null;
      }
    }
    return node.type === 'PLAIN' ? resolvePlain(text) : text;
  }

  #entries(pairs: readonly { key: Node; value: Node | null }[], document: Document): ReadonlyMap<string, YamlEntry> {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const { key, value } of pairs) {
      if (!isScalar(key)) {
        const [from, to] = key.range ?? [0, 0];
        this.problems.push(unquotedTemplate(this.#text, from, to, (a, b) => this.span(a, b)));
        continue;
      }
      const name = typeof key.value === 'string' ? key.value : String(key.source);
      const keySpan = this.spanOf(key)!;
      const built: YamlNode = value && !isEmpty(value) ? this.build(value, document) : { kind: 'scalar', span: keySpan, value: null, plain: true };
      if (name === '<<' && key.type === 'PLAIN') {
        this.#merge(built, merged);
        continue;
      }
      const earlier = own.get(name);
      if (earlier) {
        this.problems.push(
          new CtplayError('yaml.syntax', `the key '${name}' is given twice in one mapping`, {
            span: keySpan,
            hint: `It stands on line ${earlier.keySpan.line} already; only one of the two could count.`,
          }),
        );
      } else own.set(name, { key: name, keySpan, value: built });
    }
    if (merged.size === 0) return own;
    for (const [name, entry] of own) merged.set(name, entry);
    return merged;
  }

  /** `<<`: the earlier of several merged mappings wins, the mapping's own keys win over all. */
  #merge(node: YamlNode, into: Map<string, YamlEntry>): void {
    for (const one of node.kind === 'list' ? node.items : [node]) {
      if (one.kind !== 'map') {
        this.problems.push(new CtplayError('yaml.syntax', "'<<' takes a mapping or a list of mappings", { span: one.span, hint: 'Such as `<<: *defaults`, where `&defaults` marks a mapping.' }));
        continue;
      }
      for (const [name, entry] of one.entries) if (!into.has(name)) into.set(name, entry);
    }
  }

  #null(node: Node): YamlNode {
    return { kind: 'scalar', span: this.spanOf(node) ?? { file: this.#file, line: 1, column: 1 }, value: null, plain: true };
  }

  #problem(message: string, node: Node, hint?: string): void {
    this.problems.push(new CtplayError('yaml.syntax', message, { span: this.spanOf(node), hint }));
  }
}
