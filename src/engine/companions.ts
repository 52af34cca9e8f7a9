/** Later tasks whose changes go along in the trip of a task before them, so that they are done before their turn. */
import { PreconditionError } from '../errors.ts';
import { nothing, type CommandInput } from '../shell.ts';
import type { Applied, ApplySettings, Call } from './apply.ts';
import { guarded, type PlannedCall } from './perform.ts';
import { admission, both, endWithCommands, foretell, mostTogether } from './together.ts';
import type { UserShell } from './user-shell.ts';

/** A later task, as far as it is known. */
export interface Companion {
  readonly call: Call;
  readonly settings: ApplySettings;
  /** Called when its changes are on their way. */
  readonly sent: () => void;
  /** Takes what became of it, for its turn. */
  readonly done: (applied: Applied) => void;
}

/** How many characters of commands go in one trip. */
const mostCharacters = 128 << 10;

interface PlannedCompanion extends Companion {
  readonly planned: PlannedCall;
}

/** The tasks that can be made in the same trip. Those that need nothing done are passed over. */
export async function companionsOf(first: PlannedCall): Promise<PlannedCompanion[]> {
  const found: PlannedCompanion[] = [];
  if (!first.settings.companions || !mayBeJoined(first)) return found;
  const earlier = [first];
  let characters = lengthOf(first);
  let passed = nothing;
  for await (const companion of first.settings.companions()) {
    const planned = plannedFromMemory(companion, first.settings.shell, earlier);
    const provided = planned && mayBeJoined(planned) ? admission(planned, earlier) : undefined;
    if (!planned || !provided) break;
    earlier.push(planned);
    // That one has nothing to do must hold for those after it, too.
    passed = both(passed, provided);
    if (planned.changes.length === 0) continue;
    characters += lengthOf(planned);
    if (characters > mostCharacters) break;
    found.push({ ...companion, planned: { ...planned, provided: passed } });
    passed = nothing;
    if (earlier.length === mostTogether) break;
  }
  for (const { sent } of found) sent();
  return found;
}

/** A later task's plan, where all that it rests on has been read; undefined where it can't be planned now. */
function plannedFromMemory({ call, settings }: Companion, shell: UserShell, earlier: readonly PlannedCall[]): PlannedCall | undefined {
  if (settings.shell !== shell || settings.check) return undefined;
  const facts = call.facts ?? call.module.facts(call.args, call.inputs, call.isLive);
  if (shell.cache.missing(Object.values(facts)).length > 0) return undefined;
  const before = foretell(facts, shell.cache.values(facts), earlier);
  if (!before) return undefined;
  try {
    return { call, settings, facts, before, changes: [...call.module.plan(call.args, before, call.inputs)] };
  } catch (error) {
    // Its turn will show it, if it is still so.
    if (error instanceof PreconditionError) return undefined;
    throw error;
  }
}

/** Whether changes may share their trip: brief ones, with nothing of theirs to be done beside it, nor a guard that has to watch them. */
function mayBeJoined(planned: PlannedCall): boolean {
  const { call, settings, changes } = planned;
  if (changes.length === 0) return true;
  return call.module.brief === true && endWithCommands(changes) && lengthOf(planned) <= mostCharacters && !settings.guard.by.mayArm(guarded(settings, changes));
}

function lengthOf({ changes }: PlannedCall): number {
  const lengths = changes.flatMap(({ commands }) => commands.map(({ text, input }) => text.length + lengthOfInput(input)));
  return lengths.reduce((sum, length) => sum + length, 0);
}

/** What is a stream, or of unknown length, travels alone. */
function lengthOfInput(input: CommandInput | undefined): number {
  switch (input?.kind) {
    case undefined: return 0;
    case 'bytes': return input.bytes.length;
    case 'file': return input.expected?.size ?? Infinity;
    case 'text': return (typeof input.text === 'string' ? input.text : input.text.reveal()).length;
    case 'stream': return Infinity;
  }
}
