import { expect, it } from 'vitest';
import { HostKnowledge } from '../../../src/engine/host-knowledge.ts';
import { factsLayer, NeedsFacts } from '../../../src/engine/variables.ts';

it('asks for facts by the name that a template has, and for all where it takes them as one', () => {
  const knowledge = new HostKnowledge();
  const layer = factsLayer('a', (name) => knowledge.facts(name), { room: 4 });
  const asked = (name: string): unknown => {
    try {
      return layer.get(name)?.value;
    } catch (error) {
      return error instanceof NeedsFacts ? `${error.host}: ${error.fact ?? 'all'}` : error;
    }
  };
  expect(['ansible_room', 'ansible_kernel', 'ansible_facts', 'ansible_host', 'kernel'].map(asked)).toEqual([4, 'a: kernel', 'a: all', undefined, undefined]);
  knowledge.learnFacts({ kernel: '6.1' }, false);
  expect(['ansible_kernel', 'ansible_system', 'ansible_facts'].map(asked)).toEqual(['6.1', 'a: system', 'a: all']);
  expect([...layer.names()]).toEqual(['ansible_facts', 'ansible_room']);
  knowledge.learnFacts({ kernel: '6.2' }, true);
  expect(['ansible_kernel', 'ansible_system', 'ansible_facts'].map(asked)).toEqual(['6.2', undefined, { kernel: '6.2', room: 4 }]);
  knowledge.forgetFacts();
  expect(asked('ansible_kernel')).toBe('a: kernel');
});
