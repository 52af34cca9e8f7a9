/** How each host of a reset ended, gathered from its events. */
import type { Emit, EventBody, HostProof, SeatView } from '../events.ts';

interface Seat {
  startedAt: number;
  endedAt: number;
  ended: boolean;
  changes: number;
  failure: string | undefined;
  unreachable: string | undefined;
  proof: HostProof | undefined;
}

/** Passes events on, and tells of the seats before the run's end. */
export class SeatWatch {
  readonly #next: Emit;
  readonly #seats = new Map<string, Seat>();
  #check = false;
  #interrupted = false;

  constructor(next: Emit) {
    this.#next = next;
  }

  readonly emit: Emit = (event) => {
    this.#note(event);
    if (event.type === 'run-end') this.#next({ type: 'seats', seats: this.seats() });
    this.#next(event);
  };

  /** In the order of the hosts. */
  seats(): SeatView[] {
    return [...this.#seats].map(([host, seat]) => ({ host, ...this.#outcome(seat), changes: seat.changes, durationMs: seat.endedAt - seat.startedAt }));
  }

  #note(event: EventBody): void {
    if (event.type === 'run-start') this.#check = event.check;
    if (event.type === 'run-end') this.#interrupted = event.interrupted;
    if (event.type === 'play-start') for (const host of event.hosts) this.#seats.set(host, { startedAt: Date.now(), endedAt: Date.now(), ended: false, changes: 0, failure: undefined, unreachable: undefined, proof: undefined });
    const seat = 'host' in event && event.host !== undefined ? this.#seats.get(event.host) : undefined;
    if (!seat) return;
    switch (event.type) {
      case 'host-end':
        seat.endedAt = Date.now();
        seat.ended = true;
        break;
      case 'task-end':
        if (event.status === 'changed') seat.changes++;
        if (event.status === 'failed' && event.ignored !== true) seat.failure ??= event.error?.message ?? 'a task failed';
        break;
      case 'host-proof':
        seat.proof = event;
        break;
      case 'host-unreachable':
        if (event.error.code.startsWith('ssh.')) seat.unreachable = event.error.message;
        else seat.failure = event.error.message;
        break;
      default:
        break;
    }
  }

  #outcome({ proof, failure, unreachable, ended }: Seat): Pick<SeatView, 'state' | 'left' | 'why'> {
    if (unreachable !== undefined) return { state: 'unreachable', why: unreachable };
    if (proof) {
      const [first] = proof.left;
      return { state: proof.state === 'left' && this.#interrupted ? 'interrupted' : proof.state, left: proof.left.length, ...(first ? { why: `${first.subject} ${first.words.join(', ')}: ${first.why}` } : {}) };
    }
    if (failure !== undefined) return { state: 'failed', why: failure };
    if (this.#interrupted || !ended) return { state: 'interrupted' };
    return { state: this.#check ? 'planned' : 'reset' };
  }
}

/** The seats as JSON or as comma-separated values (RFC 4180), by the file's name. */
export function seatsFile(file: string, seats: readonly SeatView[]): string {
  if (!file.toLowerCase().endsWith('.csv')) return `${JSON.stringify(seats, null, 2)}\n`;
  const rows = seats.map(({ host, state, changes, left, durationMs, why }) => [host, state, String(changes), left === undefined ? '' : String(left), (durationMs / 1000).toFixed(1), why ?? '']);
  return [['host', 'state', 'changes', 'left', 'seconds', 'why'], ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

function csvField(text: string): string {
  // A spreadsheet takes what begins like this for a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
