/** One iptables-save(8) for all who ask for rules; and of chosen rules whether they stand, compared by iptables(8) itself where that listing leaves it open. */
import type { JointReader } from '../../src/module.ts';
import { joinCommands, nothing, sh, type Command } from '../../src/shell.ts';

/** A rule as iptables takes it after `-A CHAIN`: words, unquoted. */
export interface Rule {
  readonly table: 'filter' | 'nat';
  readonly chain: string;
  readonly words: readonly string[];
}

/** The rules of which is asked whether they stand: none where the listing alone is wanted. */
export type RulesQuestion = readonly Rule[];

/** Before the statuses of the rules that were asked for, one a line. */
const mark = '==stand\n';

// A rule that the listing holds word by word stands; one whose comment it doesn't hold doesn't. Only where a rule with the comment looks
// otherwise iptables has to say whether it means the same. Chains of the same name stand in several tables.
const stands: Command = sh`nl='
'
stands() {
  table=\${saved#*"$nl*$1$nl"}
  [ "$table" != "$saved" ] || { echo 1; return; }
  case $nl\${table%%"\${nl}COMMIT"*}$nl in
    *"$nl$3$nl"*) echo 0 ;;
    *"$4"*) t=$1 c=$2; shift 4; iptables -w 5 -t "$t" -C "$c" "$@" 2>/dev/null; echo $? ;;
    *) echo 1 ;;
  esac
}`;

export const rulesReader: JointReader<RulesQuestion> = {
  command(questions) {
    const rules = questions.flat();
    const asked = rules.map((rule) => sh`stands ${rule.table} ${rule.chain} ${listed(rule)} ${commentOf(rule)} ${rule.words}`);
    return sh`export LC_ALL=C; saved=$(iptables-save) || exit; printf '\\n%s\\n' "$saved"${asked.length === 0 ? nothing : sh`; printf %s ${mark}
${stands}
saved=$nl$saved
${joinCommands(asked, '\n')}`}`;
  },
  split(result, questions) {
    const [listing = '', statuses = ''] = result.stdout.split(mark);
    const lines = statuses.split('\n');
    return questions.map((rules) => ({ ...result, stdout: rules.length === 0 ? listing : [mark, ...lines.splice(0, rules.length)].join('\n') }));
  },
};

/** Of each rule that was asked for whether it stands, in their order; empty where iptables did not answer. */
export function parseStanding(stdout: string): readonly boolean[] {
  const [, statuses = ''] = stdout.split(mark);
  return statuses.trim().split('\n').map((status) => status === '0');
}

/** As iptables-save prints it. One that it prints otherwise is compared by iptables. */
function listed({ chain, words }: Rule): string {
  return ['-A', chain, ...words.map((word, index) => (words[index - 1] === '--comment' ? saved(word) : word))].join(' ');
}

/** What a listing that has the rule holds at least. */
function commentOf({ words }: Rule): string {
  const at = words.indexOf('--comment');
  return at < 0 ? '' : `--comment ${saved(words[at + 1]!)}`;
}

/** A comment as iptables-save writes it (xtables_save_string of libxtables). */
function saved(comment: string): string {
  return /^[-\w]+$/.test(comment) ? comment : `"${comment.replace(/["\\']/g, '\\$&')}"`;
}
