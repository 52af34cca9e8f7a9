import { describe, expect, it } from 'vitest';
import { Basis } from '../../../src/engine/basis.ts';
import { HostMemory, layer, LayeredScope } from '../../../src/engine/variables.ts';
import { Templar } from '../../../src/template/index.ts';
import { lookups } from '../template/scope.ts';

const grounds = { inventory: 1, roles: 0 };
const scope = new LayeredScope([layer({ port: 80, url: 'http://{{ name }}:{{ port }}', name: 'web', hostvars: {}, ids: [1, 2] })]);

function basisOf(text: string): Basis {
  const basis = new Basis(scope, grounds);
  new Templar(basis, { lookups, volatile: basis.volatile }).render(text);
  return basis;
}

function memory(...changes: ((one: HostMemory) => void)[]): HostMemory {
  const one = new HostMemory();
  for (const change of changes) change(one);
  return one;
}

describe('what was worked out before its turn', () => {
  it.each([
    ['nothing was set', '{{ url }}', memory(), true],
    ['another variable was registered', '{{ url }}', memory((one) => one.set({ other: 1 })), true],
    ['a variable that it reads was set', '{{ port }}', memory((one) => one.set({ port: 81 })), false],
    ['a variable in a variable was set', '{{ url }}', memory((one) => one.set({ name: 'mail' })), false],
    ['a file brought a variable that it reads', '{{ url }}', memory((one) => one.include({ port: 81 })), false],
    ['one that was missing was set', "{{ missing | default('') }}", memory((one) => one.set({ missing: 1 })), false],
    ['facts that it does not read were learnt', '{{ url }}', memory((one) => one.learn({ ansible_x: 1 })), true],
  ])('when %s', (_what, text, now, holds) => expect(basisOf(text).holds(now, grounds)).toBe(holds));

  it.each(["{{ lookup('env', 'HOME') }}", '{{ now() }}', '{{ 9 | random }}', '{{ ids | shuffle }}', "{{ '/tmp' is directory }}", "{{ '/tmp' | realpath }}", "{{ ids | map('random') | list }}", "{{ '%Y' | strftime }}", "{{ 'x' | password_hash('md5') }}", "{{ '$HOME' | expandvars }}", '{{ hostvars }}'])('never holds with %s', (text) =>
    expect(basisOf(text).holds(new HostMemory(), grounds)).toBe(false));

  it.each(['{{ 9 | random(seed=1) }}', "{{ ids | shuffle(seed='x') }}", "{{ 'x' | password_hash('md5', 'salt') }}", '{{ range(3) | list }}'])('holds with %s', (text) => expect(basisOf(text).holds(new HostMemory(), grounds)).toBe(true));

  it.each([
    ['the inventory changed', { inventory: 2, roles: 0 }],
    ['a role came in', { inventory: 1, roles: 1 }],
  ])('does not hold when %s', (_what, now) => expect(basisOf('{{ url }}').holds(new HostMemory(), now)).toBe(false));
});
