/** The playbook language's keywords as one table: it drives checking, 'did you mean', the editor schema and the manual. */

/** Where a keyword may stand. An `include` is expanded at run time, an `import` when the file is read. */
export type KeywordHolder = 'play' | 'block' | 'task' | 'handler' | 'include' | 'import' | 'role';

/**
 * What a keyword takes. Everything except `mapping`, `tasks` and `name` may also be a template. `texts` is a list or a
 * comma-separated string, `list` any list or a single value.
 */
export type KeywordType = 'boolean' | 'integer' | 'number' | 'text' | 'texts' | 'name' | 'list' | 'mapping' | 'conditions' | 'any' | 'tasks';

export interface Keyword {
  readonly name: string;
  readonly type: KeywordType;
  readonly on: readonly KeywordHolder[];
  readonly summary: string;
  /** The only values besides templates. */
  readonly choices?: readonly string[];
  /** Known from Ansible and refused here, with what to do instead. */
  readonly refused?: string;
}

const everywhere: readonly KeywordHolder[] = ['play', 'block', 'task', 'handler', 'import', 'role'];
const anyEntry: readonly KeywordHolder[] = ['play', 'block', 'task', 'handler', 'include', 'import', 'role'];
const taskLike: readonly KeywordHolder[] = ['task', 'handler'];
const repeatable: readonly KeywordHolder[] = ['task', 'handler', 'include'];
const belowPlay: readonly KeywordHolder[] = ['block', 'task', 'handler', 'include', 'import', 'role'];

function keyword(name: string, type: KeywordType, on: readonly KeywordHolder[], summary: string): Keyword {
  return { name, type, on, summary };
}
function refused(name: string, on: readonly KeywordHolder[], instead: string): Keyword {
  return { name, type: 'any', on, summary: 'Not supported.', refused: instead };
}

export const keywords: readonly Keyword[] = [
  keyword('name', 'text', anyEntry, 'What it is for, shown while it runs.'),
  keyword('tags', 'texts', anyEntry, 'Words by which --tags and --skip-tags choose; inherited downwards. `always` and `never` are special.'),
  keyword('vars', 'mapping', anyEntry, 'Variables for this and everything in it.'),
  keyword('no_log', 'boolean', anyEntry, 'Show neither arguments nor results.'),
  keyword('ignore_errors', 'boolean', anyEntry, 'Go on with the host when a task fails.'),
  keyword('run_once', 'boolean', anyEntry, 'Run on the first host of the batch only; results go to all.'),
  keyword('timeout', 'integer', anyEntry, 'Seconds a task may take.'),
  keyword('collections', 'list', anyEntry, 'Collections in which roles are looked up; module names need no search path.'),
  keyword('when', 'conditions', belowPlay, 'Conditions, all of which must hold.'),
  keyword('become', 'boolean', everywhere, 'Run as another user.'),
  keyword('become_user', 'text', everywhere, 'The user to become, root by default.'),
  { ...keyword('become_method', 'text', everywhere, '`sudo` (the default) or `su`.'), choices: ['sudo', 'su'] },
  keyword('become_exe', 'text', everywhere, 'The program instead of `sudo` or `su`, by name or path.'),
  keyword('become_flags', 'text', everywhere, 'Options of `sudo` (`-H` by default) or `su`; those about the password are added.'),
  keyword('remote_user', 'text', everywhere, 'The user to log in as.'),
  keyword('port', 'integer', everywhere, 'The port of the SSH server.'),
  { ...keyword('connection', 'text', everywhere, '`ssh` (the default) or `local`.'), choices: ['ssh', 'local', 'smart', 'paramiko', 'paramiko_ssh', 'ansible.builtin.ssh', 'ansible.builtin.local'] },
  keyword('environment', 'list', everywhere, 'Environment variables for commands on the host.'),
  keyword('module_defaults', 'list', everywhere, 'Default arguments by module name, or for the modules of `group/docker`.'),
  keyword('ignore_unreachable', 'boolean', everywhere, 'Go on with the host when it could not be reached.'),
  keyword('any_errors_fatal', 'boolean', everywhere, 'A failure on one host ends the play on all.'),
  keyword('check_mode', 'boolean', everywhere, 'Only plan (true), or act even with --check (false).'),
  keyword('diff', 'boolean', everywhere, 'Show differences, whatever --diff says.'),
  keyword('guard', 'boolean', everywhere, 'True: the host takes a change back by itself when nobody can log in after it. False: not even one that may cut it off.'),
  keyword('throttle', 'integer', everywhere, 'At most so many hosts at the same time.'),
  keyword('delegate_to', 'text', ['block', 'task', 'handler', 'import', 'role'], 'Act on this host instead, with the variables of the play’s host.'),
  keyword('delegate_facts', 'boolean', ['block', 'task', 'handler', 'import', 'role'], 'Facts belong to the host delegated to.'),
  keyword('notify', 'list', ['block', 'task', 'handler', 'import'], 'Handlers, by name or topic, to run when something changed.'),
  keyword('register', 'name', repeatable, 'The variable that takes the result.'),
  keyword('loop', 'any', repeatable, 'A list; the task runs once for each item.'),
  keyword('loop_control', 'mapping', repeatable, 'loop_var, index_var, label, pause, extended, extended_allitems.'),
  keyword('args', 'any', taskLike, 'Further arguments of the module.'),
  keyword('action', 'any', taskLike, 'The module as a value: `action: copy src=a dest=b`.'),
  keyword('local_action', 'any', taskLike, 'The module, run on this machine.'),
  keyword('changed_when', 'conditions', taskLike, 'When the result counts as changed.'),
  keyword('failed_when', 'conditions', taskLike, 'When the result counts as failed.'),
  keyword('until', 'conditions', taskLike, 'Repeat until this holds, at most `retries` times.'),
  keyword('retries', 'integer', taskLike, 'How often `until` tries again; 3 by default.'),
  keyword('delay', 'number', taskLike, 'Seconds between two tries; 5 by default.'),
  keyword('async', 'integer', taskLike, 'Seconds the task may run in the background.'),
  keyword('poll', 'number', taskLike, 'Seconds between two looks at a background task; 0 to leave it alone.'),
  keyword('listen', 'list', ['handler'], 'Topics besides the name by which the handler is notified.'),
  keyword('block', 'tasks', ['block'], 'Tasks that share keywords.'),
  keyword('rescue', 'tasks', ['block'], 'Tasks to run when one of the block failed.'),
  keyword('always', 'tasks', ['block'], 'Tasks to run whatever happened.'),
  keyword('hosts', 'any', ['play'], 'A pattern of hosts and groups.'),
  keyword('tasks', 'tasks', ['play'], 'The play’s tasks.'),
  keyword('pre_tasks', 'tasks', ['play'], 'Tasks before the roles.'),
  keyword('post_tasks', 'tasks', ['play'], 'Tasks after everything else.'),
  keyword('handlers', 'tasks', ['play'], 'Tasks that run when notified.'),
  keyword('roles', 'tasks', ['play'], 'Roles to run before the tasks.'),
  keyword('vars_files', 'any', ['play'], 'Files of variables; of a list in the list the first that exists.'),
  keyword('vars_prompt', 'any', ['play'], 'Variables to ask the person for.'),
  keyword('gather_facts', 'boolean', ['play'], 'Accepted for compatibility: facts are read when first used, whatever this says.'),
  keyword('gather_subset', 'list', ['play'], 'Accepted for compatibility: facts are read when first used.'),
  keyword('gather_timeout', 'integer', ['play'], 'Accepted for compatibility: facts are read when first used.'),
  keyword('strategy', 'name', ['play'], '`free` (the default): each host goes on as fast as it can. `linear`: all hosts finish a task before the next.'),
  keyword('serial', 'any', ['play'], 'How many hosts at a time: a number, a percentage, or a list of them.'),
  keyword('max_fail_percentage', 'number', ['play'], 'End the play when more hosts than this have failed.'),
  keyword('order', 'name', ['play'], 'inventory, reverse_inventory, sorted, reverse_sorted or shuffle.'),
  keyword('force_handlers', 'boolean', ['play'], 'Run notified handlers even on hosts that failed.'),
  refused('user', ['play'], "Use 'remote_user'."),
  refused('sudo', everywhere, "Use 'become: true'."),
  refused('sudo_user', everywhere, "Use 'become_user'."),
  refused('fact_path', ['play'], 'Local facts are read from /etc/ansible/facts.d.'),
  refused('debugger', anyEntry, 'Remove it; -vvv shows what happened.'),
];

/** Keywords of a holder by name. */
export function keywordsOf(holder: KeywordHolder): ReadonlyMap<string, Keyword> {
  return byHolder.get(holder)!;
}

const holders: readonly KeywordHolder[] = ['play', 'block', 'task', 'handler', 'include', 'import', 'role'];
const byHolder = new Map(holders.map((holder) => [holder, new Map(keywords.filter(({ on }) => on.includes(holder)).map((one) => [one.name, one]))]));
