/** Saves the shell a process where a script is one program: a subshell that has nothing left to do can become it. */

/** What shells have built in, or take for more than a name, at the beginning of a command (XCU 2.4, 2.9.1.1, 2.14; bash(1)). */
const shellWords = new Set(
  ('. : [ alias bg break builtin case cd command continue declare do done echo elif else esac eval exec exit export false fc fg fi for function ' +
    'getopts hash help if in jobs kill let local newgrp printf pwd read readonly return select set shift shopt source test then time times trap ' +
    'true type typeset ulimit umask unalias unset until wait while').split(' '),
);

// A name, and words that stand for themselves: nothing in them is expanded, redirected, or divides commands.
const oneProgram = /^([A-Za-z0-9_./+-]+)(?: (?:[A-Za-z0-9_@%+=:,./-]|'[^']*'|\\')+)*$/;

/** The script for a subshell of its own; the same with `exec` before it where it is one program with its arguments. */
export function asTailCall(script: string): string {
  const name = oneProgram.exec(script)?.[1];
  return name === undefined || shellWords.has(name) ? script : `exec ${script}`;
}
