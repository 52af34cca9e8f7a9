/** yaml.dump() as PyYAML writes: its choice of styles, its folding at 80 columns, its indentation. */
import { analyze, escapeDouble } from './yaml-scalar.ts';
import { implicitType } from './yaml-types.ts';
import { represent } from './yaml-represent.ts';
import type { YamlNode as Node } from './yaml-represent.ts';

export interface YamlStyle {
  readonly indent: number;
  readonly width: number;
  readonly sortKeys: boolean;
  /** true: all in flow style; false: all in block style; null: collections of scalars only in flow style. */
  readonly flow: boolean | null;
  readonly explicitStart: boolean;
}

/** The document for a value, with its final newline. */
export function dumpYaml(value: unknown, style: YamlStyle): string {
  return new Emitter(style).document(represent(value, style.sortKeys));
}

interface Around {
  readonly mapping: boolean;
  readonly simpleKey: boolean;
}

class Emitter {
  readonly #style: YamlStyle;
  readonly #step: number;
  #out = '';
  #column = 0;
  #indent = -1;
  #flow = 0;
  /** The line so far holds only indentation and indicators that count as such. */
  #indention = true;
  #whitespace = true;

  constructor(style: YamlStyle) {
    this.#style = style;
    this.#step = style.indent > 1 && style.indent < 10 ? style.indent : 2;
  }

  document(root: Node): string {
    if (this.#style.explicitStart) this.#write('---');
    if (this.#style.explicitStart) this.#whitespace = this.#indention = false;
    if (this.#style.explicitStart && root.kind !== 'scalar' && this.#isBlock(root)) this.#newline();
    this.#node(root, { mapping: false, simpleKey: false });
    if (this.#column > 0) this.#newline();
    return this.#out;
  }

  #write(data: string): void {
    this.#out += data;
    this.#column += [...data].length;
  }

  #newline(): void {
    this.#out += '\n';
    this.#column = 0;
    this.#whitespace = true;
    this.#indention = true;
  }

  #writeIndent(): void {
    const indent = Math.max(0, this.#indent);
    if (!this.#indention || this.#column > indent || (this.#column === indent && !this.#whitespace)) this.#newline();
    if (this.#column < indent) {
      this.#whitespace = true;
      this.#write(' '.repeat(indent - this.#column));
    }
  }

  #indicator(mark: string, needsBlank: boolean, whitespace = false, indention = false): void {
    const data = this.#whitespace || !needsBlank ? mark : ` ${mark}`;
    this.#whitespace = whitespace;
    this.#indention &&= indention;
    this.#write(data);
  }

  /** Runs with a deeper indentation. */
  #deeper(flow: boolean, indentless: boolean, body: () => void): void {
    const before = this.#indent;
    if (before < 0) this.#indent = flow ? this.#step : 0;
    else if (!indentless) this.#indent = before + this.#step;
    body();
    this.#indent = before;
  }

  #isBlock(node: Node): boolean {
    if (node.kind === 'scalar' || this.#flow > 0) return false;
    const children = node.kind === 'list' ? node.items : node.entries.flat();
    if (children.length === 0) return false;
    return this.#style.flow === null ? children.some((child) => child.kind !== 'scalar') : !this.#style.flow;
  }

  #node(node: Node, around: Around): void {
    if (node.kind === 'scalar') this.#deeper(true, false, () => this.#scalar(node, around));
    else if (this.#isBlock(node)) {
      if (node.kind === 'list') this.#blockList(node.items, around);
      else this.#blockMap(node.entries);
    } else if (node.kind === 'list') this.#flowCollection('[', ']', node.items.map((item) => () => this.#node(item, { mapping: false, simpleKey: false })));
    else this.#flowCollection('{', '}', node.entries.map(([key, value]) => () => this.#flowEntry(key, value)));
  }

  #flowCollection(open: string, close: string, items: readonly (() => void)[]): void {
    this.#indicator(open, true, true);
    this.#flow++;
    this.#deeper(true, false, () => {
      items.forEach((item, index) => {
        if (index > 0) this.#indicator(',', false);
        if (this.#column > this.#style.width) this.#writeIndent();
        item();
      });
    });
    this.#flow--;
    this.#indicator(close, false);
  }

  #flowEntry(key: Node, value: Node): void {
    if (this.#isSimpleKey(key)) {
      this.#node(key, { mapping: true, simpleKey: true });
      this.#indicator(':', false);
    } else {
      this.#indicator('?', true);
      this.#node(key, { mapping: true, simpleKey: false });
      if (this.#column > this.#style.width) this.#writeIndent();
      this.#indicator(':', true);
    }
    this.#node(value, { mapping: true, simpleKey: false });
  }

  #blockList(items: readonly Node[], around: Around): void {
    const indentless = around.mapping && !this.#indention;
    this.#deeper(false, indentless, () => {
      for (const item of items) {
        this.#writeIndent();
        this.#indicator('-', true, false, true);
        this.#node(item, { mapping: false, simpleKey: false });
      }
    });
  }

  #blockMap(entries: readonly (readonly [Node, Node])[]): void {
    this.#deeper(false, false, () => {
      for (const [key, value] of entries) {
        this.#writeIndent();
        if (this.#isSimpleKey(key)) {
          this.#node(key, { mapping: true, simpleKey: true });
          this.#indicator(':', false);
        } else {
          this.#indicator('?', true, false, true);
          this.#node(key, { mapping: true, simpleKey: false });
          this.#writeIndent();
          this.#indicator(':', true, false, true);
        }
        this.#node(value, { mapping: true, simpleKey: false });
      }
    });
  }

  #isSimpleKey(node: Node): boolean {
    if (node.kind !== 'scalar') return (node.kind === 'list' ? node.items : node.entries).length === 0;
    return node.written !== '' && node.written.length < 128 && !/[\n\x85\u2028\u2029]/.test(node.written);
  }

  #scalarStyle(node: Node & { kind: 'scalar' }, around: Around): 'plain' | 'single' | 'double' {
    const analysis = analyze(node.written);
    const resolves = !node.isText || implicitType(node.written) === 'str';
    const blocked = around.simpleKey && (node.written === '' || analysis.multiline);
    if (resolves && !blocked && (this.#flow > 0 ? analysis.flowPlain : analysis.blockPlain)) return 'plain';
    return analysis.singleQuoted && !(around.simpleKey && analysis.multiline) ? 'single' : 'double';
  }

  #scalar(node: Node & { kind: 'scalar' }, around: Around): void {
    const split = !around.simpleKey;
    switch (this.#scalarStyle(node, around)) {
      case 'plain':
        if (node.written !== '') this.#plain(node.written, split);
        return;
      case 'single':
        return this.#singleQuoted(node.written, split);
      case 'double':
        return this.#doubleQuoted(node.written, split);
    }
  }

  #plain(written: string, split: boolean): void {
    if (!this.#whitespace) this.#write(' ');
    this.#whitespace = this.#indention = false;
    this.#words(written, split);
  }

  #singleQuoted(written: string, split: boolean): void {
    this.#indicator("'", true);
    for (const run of written.match(/\n+|[^\n]+/g) ?? []) {
      if (run.startsWith('\n')) {
        // One newline is written as two, since a single one is read as a blank.
        this.#newline();
        for (let count = 0; count < run.length; count++) this.#newline();
        this.#writeIndent();
        this.#whitespace = this.#indention = false;
      } else this.#words(run.replaceAll("'", "''"), split);
    }
    this.#indicator("'", false);
  }

  /** Where the line is too long it is broken at a single blank between words. */
  #words(run: string, split: boolean): void {
    const parts = run.split(/( +)/);
    parts.forEach((part, index) => {
      const isEdge = index === 0 || index === parts.length - 1 || (index === 1 && parts[0] === '') || (index === parts.length - 2 && parts.at(-1) === '');
      if (part === ' ' && split && this.#column > this.#style.width && !isEdge) {
        this.#writeIndent();
        this.#whitespace = this.#indention = false;
      } else this.#write(part);
    });
  }

  #doubleQuoted(written: string, split: boolean): void {
    this.#indicator('"', true);
    const characters = [...written];
    let afterBlank = false;
    characters.forEach((character, index) => {
      const isInner = index > 0 && index < characters.length - 1;
      const isBreak = character === ' ' && split && !afterBlank && this.#column > this.#style.width && isInner;
      if (isBreak) {
        // The blank is where the line is folded; one more after it must be marked.
        this.#writeIndent();
        this.#whitespace = this.#indention = false;
        if (characters[index + 1] === ' ') this.#write('\\');
      } else this.#write(escapeDouble(character));
      afterBlank = character === ' ';
    });
    this.#indicator('"', false);
  }
}
