/** Ansible's INI inventories: sections of hosts, of `:children` and of `:vars`. */
import { CtplayError, didYouMean, type SourceSpan } from '../../errors.ts';
import type { Problems } from '../problems.ts';
import type { InventoryData } from './data.ts';
import { expandHosts } from './host-range.ts';
import { pythonLiteral } from './python-literal.ts';
import { splitWords } from './words.ts';

type Kind = 'hosts' | 'children' | 'vars';

interface Section {
  readonly group: string;
  readonly kind: Kind;
}

/** A child, or a group with only `:vars`, that must be a section somewhere in the file. */
interface Reference {
  readonly group: string;
  readonly span: SourceSpan;
  readonly parent?: string;
}

/** Merges an INI file into the data; problems are reported with their line. */
export function parseIni(text: string, file: string, data: InventoryData, problems: Problems): void {
  new IniParser(file, data, problems).parse(text);
}

class IniParser {
  readonly #file: string;
  readonly #data: InventoryData;
  readonly #problems: Problems;
  readonly #references: Reference[] = [];
  readonly #declared: Set<string>;

  constructor(file: string, data: InventoryData, problems: Problems) {
    this.#file = file;
    this.#data = data;
    this.#problems = problems;
    this.#declared = new Set(data.groups.keys());
  }

  parse(text: string): void {
    let section: Section | undefined = { group: 'ungrouped', kind: 'hosts' };
    text.split(/\r?\n/).forEach((full, index) => {
      const line = full.trim();
      if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
      const span = this.#span(index, full, line);
      try {
        if (line.startsWith('[') && /\]\s*(?:#.*)?$/.test(line) && !/^\[[^\]]*\]:\d+/.test(line)) section = this.#section(line, span);
        else if (section) this.#line(section, line, span);
      } catch (error) {
        this.#problems.take(error instanceof CtplayError ? error.at(span) : error);
        if (line.startsWith('[')) section = undefined;
      }
    });
    this.#checkReferences();
  }

  #span(index: number, full: string, part: string): SourceSpan {
    const column = full.indexOf(part) + 1;
    return { file: this.#file, line: index + 1, column, endLine: index + 1, endColumn: column + part.length };
  }

  #section(line: string, span: SourceSpan): Section {
    const match = /^\[([^:\]\s]+)(?::([^\]]*))?\]\s*(?:#.*)?$/.exec(line);
    if (!match) throw new CtplayError('inventory.syntax', `'${line}' is no section`, { span, expected: '[group], [group:children] or [group:vars], without blanks inside' });
    const group = match[1]!;
    const kind = match[2] ?? 'hosts';
    if (kind !== 'hosts' && kind !== 'children' && kind !== 'vars') {
      throw new CtplayError('inventory.syntax', `a section can't be of the kind '${kind}'`, { span, expected: 'hosts, children or vars', hint: didYouMean(kind, ['hosts', 'children', 'vars']) });
    }
    if (kind === 'vars') this.#references.push({ group, span });
    else {
      this.#declared.add(group);
      this.#data.group(group);
    }
    return { group, kind };
  }

  #line({ group, kind }: Section, line: string, span: SourceSpan): void {
    if (kind === 'hosts') this.#hosts(group, line, span);
    else if (kind === 'vars') this.#variable(group, line, span);
    else this.#child(group, line, span);
  }

  #hosts(group: string, line: string, span: SourceSpan): void {
    const [entry, ...assignments] = splitWords(line);
    if (entry === undefined) return;
    if (entry === '---') throw new CtplayError('inventory.syntax', "'---' starts a YAML file", { hint: 'Give the file the ending .yaml.' });
    const { names, port } = expandHosts(entry);
    const vars: Record<string, unknown> = port === undefined ? {} : { ansible_port: port };
    for (const assignment of assignments) {
      const equals = assignment.indexOf('=');
      if (equals < 1) {
        const column = span.column + line.indexOf(assignment);
        throw new CtplayError('inventory.syntax', `'${assignment}' is no variable of the host '${entry}'`, {
          span: { ...span, column, endColumn: column + assignment.length },
          expected: 'name=value',
          hint: 'Each host stands on a line of its own; blanks around the = are not allowed here, and a value with blanks is quoted.',
        });
      }
      vars[assignment.slice(0, equals)] = pythonLiteral(assignment.slice(equals + 1));
    }
    for (const name of names) Object.assign(this.#data.host(name, group, this.#file).vars, vars);
  }

  #variable(group: string, line: string, span: SourceSpan): void {
    const equals = line.indexOf('=');
    if (equals < 1) throw new CtplayError('inventory.syntax', `'${line}' is no variable`, { span, expected: 'name = value', hint: /^[\w.-]+$/.test(line) ? `If this is a host, put it under [${group}].` : undefined });
    this.#data.setGroupVariable(group, line.slice(0, equals).trim(), pythonLiteral(line.slice(equals + 1).trim()));
  }

  #child(group: string, line: string, span: SourceSpan): void {
    const match = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line);
    if (!match) throw new CtplayError('inventory.syntax', `'${line}' is no name of a group`, { span, expected: 'one group on each line' });
    this.#references.push({ group: match[1]!, span, parent: group });
  }

  #checkReferences(): void {
    for (const { group, span, parent } of this.#references) {
      if (!this.#declared.has(group)) {
        const isHost = this.#data.hosts.has(group);
        this.#problems.add(
          new CtplayError('inventory.syntax', `there is no group '${group}'`, {
            span,
            hint: didYouMean(group, this.#declared) ?? (isHost ? `'${group}' is a host; hosts stand in [${parent ?? group}].` : `Declare it: [${group}]`),
          }),
        );
      } else if (parent !== undefined) {
        try {
          this.#data.child(parent, group, span);
        } catch (error) {
          this.#problems.take(error);
        }
      }
    }
  }
}
