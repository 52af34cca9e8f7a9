import { describe, expect, it } from 'vitest';
import { controlMaster, controlPersist, keptMs } from '../../../src/transport/ssh/sharing.ts';
import type { OwnSharing, Sharing } from '../../../src/transport/ssh/sharing.ts';

describe('ControlMaster', () => {
  it.each([
    ['yes', true],
    ['auto', true],
    ['AUTO', true],
    ['no', false],
    ['ask', false],
    ['autoask', false],
    ['sometimes', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(controlMaster(text)).toBe(expected));
});

describe('ControlPersist', () => {
  it.each([
    ['no', 0],
    ['yes', Infinity],
    ['0', Infinity],
    ['0s', Infinity],
    ['60', 60_000],
    ['60s', 60_000],
    ['10M', 600_000],
    ['1h30m', 5_400_000],
    ['1w2d', 777_600_000],
    ['1m30', 90_000],
    ['', undefined],
    ['m', undefined],
    ['-1', undefined],
    ['1.5h', undefined],
    ['1y', undefined],
  ])('%s', (text, expected) => expect(controlPersist(text)).toBe(expected));
});

describe('the time that a connection is kept', () => {
  const ten = { persistMs: 10 };
  it.each<[string, OwnSharing, Sharing, number]>([
    ['nothing is said', {}, {}, 0],
    ['ctplay is told a time alone', ten, {}, 10],
    ['ctplay is told a time, and not to share', { ...ten, master: false }, {}, 0],
    ['ssh_config names both', {}, { ...ten, master: true }, 10],
    ['ssh_config names a time alone, which is without effect in ssh', {}, ten, 0],
    ['ssh_config shares, but keeps nothing', {}, { master: true }, 0],
    ['ctplay is told to share what ssh_config keeps', { master: true }, ten, 10],
    ['ssh_config refuses to share what ctplay is told to keep', ten, { master: false }, 0],
    ['ctplay is told another time', { persistMs: 20 }, { ...ten, master: true }, 20],
    ['ctplay is told to keep none', { persistMs: 0 }, { ...ten, master: true }, 0],
    ['nothing is said, and some time is usual', { usualMs: 60 }, {}, 60],
    ['ctplay is told a time that is not the usual one', { ...ten, usualMs: 60 }, {}, 10],
    ['ctplay is told to keep none, as usual', { persistMs: 0, usualMs: 60 }, {}, 0],
    ['ctplay is told not to share, as usual', { master: false, usualMs: 60 }, {}, 0],
    ['ssh_config names a time that is not the usual one', { usualMs: 60 }, ten, 10],
    ['ssh_config keeps none, as usual', { usualMs: 60 }, { persistMs: 0 }, 0],
    ['ssh_config refuses to share, as usual', { usualMs: 60 }, { master: false }, 0],
    ['ssh_config shares, for the usual time', { usualMs: 60 }, { master: true }, 60],
  ])('when %s', (_name, own, file, expected) => expect(keptMs(own, file)).toBe(expected));
});
