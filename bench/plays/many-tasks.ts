/** A play of as many tasks as wanted about files in a folder, and the same as a shell script whose $1 is the folder. */

/** Four kinds of tasks in turn: a file, a folder, a line, a link; each also as shell. */
const kinds = [
  (n: number) => ({ yaml: `copy: { dest: "{{ target }}/f${n}", content: "${n}\\n", mode: "0644" }`, shell: `[ "$(cat "$1/f${n}" 2>/dev/null)" = ${n} ] || echo ${n} >"$1/f${n}"` }),
  (n: number) => ({ yaml: `file: { path: "{{ target }}/d${n}", state: directory, mode: "0755" }`, shell: `[ -d "$1/d${n}" ] || mkdir "$1/d${n}"` }),
  (n: number) => ({ yaml: `lineinfile: { path: "{{ target }}/l${n}", line: "line ${n}", create: true, mode: "0644" }`, shell: `grep -qxF 'line ${n}' "$1/l${n}" 2>/dev/null || echo 'line ${n}' >>"$1/l${n}"` }),
  (n: number) => ({ yaml: `file: { path: "{{ target }}/s${n}", src: "{{ target }}", state: link }`, shell: `[ -L "$1/s${n}" ] || ln -s "$1" "$1/s${n}"` }),
];

/** The first task makes the folder; `target` is its variable. */
export function manyTasks(count: number): { readonly playbook: string; readonly script: string } {
  const others = Array.from({ length: count - 1 }, (_, index) => kinds[index % kinds.length]!(index + 1));
  const tasks = ['file: { path: "{{ target }}", state: directory, mode: "0755" }', ...others.map(({ yaml }) => yaml)];
  return {
    playbook: `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`,
    script: `set -eu\n[ -d "$1" ] || mkdir "$1"\n${others.map(({ shell }) => `${shell}\n`).join('')}`,
  };
}
