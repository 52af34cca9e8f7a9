/** How many small templates a second are rendered, of each kind that playbooks are made of. */
import { freeVariables, Templar, type Scope } from '../../src/template/index.ts';
import type { Goal, Part } from '../part.ts';

const variables: Readonly<Record<string, unknown>> = {
  name: 'web01',
  port: 8080,
  domain: 'example.org',
  fqdn: '{{ name }}.{{ domain }}',
  interfaces: [
    { name: 'eth0', ip: '10.0.0.3', mtu: 1500 },
    { name: 'eth1', ip: '10.0.1.3', mtu: 1400 },
  ],
  enabled: true,
};
const scope: Scope = {
  lookup: (key) => (Object.hasOwn(variables, key) ? { value: variables[key] } : undefined),
  names: () => Object.keys(variables),
};

const cases: Readonly<Record<string, (templar: Templar, turn: number) => unknown>> = {
  'a variable in text': (templar) => templar.render('listen {{ name }}:{{ port }};'),
  'a single variable': (templar) => templar.render('{{ port }}'),
  'a variable made of others': (templar) => templar.render('{{ fqdn }}'),
  'filters': (templar) => templar.render("{{ interfaces | map(attribute='ip') | join(',') }}"),
  'a condition': (templar) => templar.condition("enabled and name is match('web') and port > 1024"),
  'a loop': (templar) => templar.render('{% for i in interfaces %}{{ i.name }}={{ i.ip }} {% endfor %}'),
  'arguments of a task': (templar) => templar.render({ name: '{{ name }}', address: '{{ interfaces[0].ip }}/24', mtu: '{{ interfaces[0].mtu - 24 }}' }),
  'never seen before': (templar, turn) => templar.render(`{{ name }}-${turn}`),
  'static analysis': (_, turn) => freeVariables(`{{ name }} {{ fqdn | default('x') }} ${turn % 10}`),
};

const wantedRate = 10_000;
const milliseconds = 500;

const part: Part = {
  name: 'templates',
  title: 'Templates',
  run() {
    const goals = Object.entries(cases).map(([kind, body]): Goal => {
      let turns = 0;
      const started = performance.now();
      while (performance.now() - started < milliseconds) {
        // A new Templar each time, as each task has one.
        for (let repeat = 0; repeat < 50; repeat++) body(new Templar(scope), turns++);
      }
      const rate = turns / ((performance.now() - started) / 1000);
      return { what: `templates, ${kind}`, aim: `≥ ${wantedRate.toLocaleString('en')} a second`, found: Math.round(rate).toLocaleString('en'), met: rate >= wantedRate };
    });
    return Promise.resolve({ comparisons: [], goals });
  },
};
export default part;
