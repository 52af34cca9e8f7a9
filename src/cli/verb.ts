/** What a verb's file gives. Each verb is loaded only when it is used, so that starting stays cheap. */
import type { Command } from 'commander';

/**
 * Adds a verb's options, arguments and action to its (sub)command. The action may throw CtplayError or CtplayErrors, which main shows; it
 * sets `process.exitCode` for other outcomes. Results go to stdout, everything else to stderr.
 */
export type Verb = (command: Command) => void;
