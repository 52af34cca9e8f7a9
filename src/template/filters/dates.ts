/** Ansible's filters on dates. */
import { define } from '../define.ts';
import { localTime, strftime, strptime } from '../python/datetime.ts';
import { isArithmetic, toNumber } from '../python/number.ts';
import { parseFloat64 } from './numbers.ts';
import { truthy } from '../python/compare.ts';
import { text } from '../python/text.ts';
import { isString, valueError } from '../python/values.ts';
import type { Definition } from '../define.ts';

/** The zone of this machine at an instant, as %Z and %z write it. */
function localZone(instant: Date): { name: string; offset: string } {
  const minutes = -instant.getTimezoneOffset();
  const name = /\((.*)\)/.exec(instant.toTimeString())?.[1] ?? '';
  const short = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? name;
  const size = Math.abs(minutes);
  return { name: short, offset: `${minutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}${String(size % 60).padStart(2, '0')}` };
}

export const dateFilters: Readonly<Record<string, Definition>> = {
  strftime: define('second=None, utc=False', (context, format, second, utc) => {
    const seconds = second === null ? context.now().getTime() / 1000 : isArithmetic(second) ? toNumber(second) : isString(second) ? parseFloat64(text(second)) : undefined;
    if (seconds === undefined) throw valueError(`Invalid value for epoch value (${text(second)})`);
    const instant = new Date(Math.floor(seconds) * 1000);
    return truthy(utc) ? strftime(text(format), instant, { name: 'GMT', offset: '+0000' }) : strftime(text(format), localTime(instant), localZone(instant));
  }),
  to_datetime: define('format="%Y-%m-%d %H:%M:%S"', (_, value, format) => strptime(text(value), text(format))),
};
