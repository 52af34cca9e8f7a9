/** Paths, times and ids in the form in which a person reads them. */
import path from 'node:path';

/** A file as it is called from where we are, unless that leads upwards. */
export function shortPath(file: string): string {
  const relative = path.relative('', file);
  return relative === '' || relative.startsWith('..') ? file : relative;
}

/** An ISO 8601 time as `2026-01-31 09:30` by the clock of this machine; what is no time stays as it is. */
export function shortTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What `ctplay undo` takes: as much of an id as tells runs apart in practice. */
export function shortRun(run: string): string {
  return run.slice(0, 8);
}
