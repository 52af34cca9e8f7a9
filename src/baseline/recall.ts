/** Which baseline of a host holds: its own, or the controller's copy where that was lost or tampered with. */
import { CtplayError } from '../errors.ts';
import { parseBaseline, type Baseline } from './document.ts';
import { contentsOf, parseContents } from './host-store.ts';

/** What a host says of a baseline. */
export interface Found {
  readonly host: string;
  readonly name: string;
  /** machine-id(5); empty where there is none. */
  readonly machineId: string;
  /** What `readCommand` and `allContentsCommand` printed. */
  readonly stored: string;
  readonly contents: string;
}

export interface Recalled {
  readonly baseline: Baseline;
  /** The host has to be given the controller's copy. */
  readonly putBack: boolean;
  /** The controller has no copy of it yet. */
  readonly uncopied: boolean;
  /** Whether the contents kept at capture are whole on the host. */
  readonly contents: boolean;
  /** What a person should know, as clauses. */
  readonly notes: readonly string[];
}

/** Throws baseline.missing, baseline.unreadable and baseline.other-machine. */
export function recall(found: Found, copyText: string | undefined): Recalled {
  const { host, name, machineId } = found;
  const copy = copyText === undefined ? undefined : attempt(() => parseBaseline(copyText, `'${name}' of ${host} on this machine`));
  const chosen = choose(found, copy instanceof CtplayError ? undefined : copy);
  const { head } = chosen.baseline;
  const foreign = head.machineId !== '' && machineId !== '' && head.machineId !== machineId;
  if (foreign && chosen.putBack) {
    throw new CtplayError('baseline.other-machine', `${host} is not the machine that the baseline '${name}' was captured of`, {
      expected: `machine-id ${head.machineId}`,
      found: machineId,
      hint: 'If it was installed anew and is as it should be, capture it again.',
    });
  }
  const listing = chosen.putBack ? undefined : contentsOf(found.contents, head.id);
  const contents = head.contents === '' || (listing !== undefined && parseContents(listing).digest === head.contents);
  const notes = [...chosen.notes, ...(foreign ? [`the baseline '${name}' was captured of another machine (machine-id ${head.machineId}), of which this one seems to be a copy`] : [])];
  return { ...chosen, contents, notes };
}

type Chosen = Omit<Recalled, 'contents'>;

function choose({ host, name, stored }: Found, copy: Baseline | undefined): Chosen {
  const use = (baseline: Baseline, more: Partial<Chosen> = {}): Chosen => ({ baseline, putBack: false, uncopied: false, notes: [], ...more });
  const [word = '', ...lines] = stored.split('\n');
  if (word === 'same' && copy) return use(copy);
  if (word === 'none') {
    if (!copy) throw new CtplayError('baseline.missing', `there is no baseline '${name}' of ${host}`, { hint: '`ctplay baseline capture` makes one while the host is as it should be; `ctplay baseline list` shows what there is.' });
    return use(copy, { putBack: true, notes: [`its baseline '${name}' is gone from the host: the copy on this machine is used`] });
  }
  const own = attempt(() => parseBaseline(lines.join('\n'), `'${name}' on ${host}`));
  if (own instanceof CtplayError) {
    if (!copy) throw own;
    return use(copy, { putBack: true, notes: [`its baseline '${name}' was changed on the host: the copy on this machine is used`] });
  }
  if (!copy) return use(own, { uncopied: true });
  if (own.head.id !== copy.head.id && own.head.capturedAt > copy.head.capturedAt) {
    return use(own, { uncopied: true, notes: [`its baseline '${name}' was captured again by ${own.head.capturedBy} on ${own.head.capturedAt}: that one is used`] });
  }
  const how = own.head.id === copy.head.id ? 'was changed on the host' : `on the host is an older one, of ${own.head.capturedAt}`;
  return use(copy, { putBack: true, notes: [`its baseline '${name}' ${how}: the copy on this machine is used`] });
}

function attempt(work: () => Baseline): Baseline | CtplayError {
  try {
    return work();
  } catch (error) {
    if (error instanceof CtplayError) return error;
    throw error;
  }
}
