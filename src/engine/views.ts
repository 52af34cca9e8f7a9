/** Plans, errors and results as they are shown: data without secrets. */
import type { CtplayError, SourceSpan } from '../errors.ts';
import type { ChangeView, ErrorView } from '../events.ts';
import type { Change } from '../module.ts';

export function changeView(change: Change): ChangeView {
  return {
    action: change.action,
    subject: change.subject,
    ...(change.from === undefined ? {} : { from: change.from }),
    ...(change.to === undefined ? {} : { to: change.to }),
    ...(change.text === undefined ? {} : { text: change.text }),
    commands: change.commands.map((command) => command.display),
    ...(change.typed === undefined ? {} : { typed: change.typed.map((command) => command.display) }),
    ...(change.why === undefined ? {} : { why: change.why }),
  };
}

export function errorView(error: CtplayError, span?: SourceSpan): ErrorView {
  const { cause: _cause, ...details } = error.at(span).details;
  return { code: error.code, message: error.message, ...details };
}

/** What is shown and registered in place of a no_log task's result. */
export const censored: Readonly<Record<string, unknown>> = {
  censored: "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
};

export const censoredError: ErrorView = { code: 'task.failed', message: 'the task failed; its output is hidden by no_log' };
