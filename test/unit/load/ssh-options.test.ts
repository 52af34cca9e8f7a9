import { describe, expect, it } from 'vitest';
import { keepingBy } from '../../../src/load/ssh-options.ts';

describe('whether connections are kept by', () => {
  it.each<[string | undefined, boolean, 'asked' | 'usual' | undefined]>([
    [undefined, false, undefined],
    [undefined, true, 'usual'],
    ['-C', false, undefined],
    ['-C', true, 'usual'],
    ['-o ControlPersist=60s', false, 'asked'],
    ['-o ControlPersist=60s', true, 'asked'],
    ["-o 'ControlPersist 1h'", false, 'asked'],
    ['-o ControlMaster=auto', false, undefined],
    ['-o ControlPersist=no', true, undefined],
    ['-oControlPersist=No', true, undefined],
    ['-o ControlMaster=no', true, undefined],
    ['-o ControlMaster=auto', true, 'usual'],
  ])('%s, usually %s', (text, usually, expected) => expect(keepingBy(text, usually)).toBe(expected));
});
