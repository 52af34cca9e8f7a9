/** The variables that the engine itself sets: where a task stands, who takes part, how the run was started. */
import path from 'node:path';
import { omit, type LazyMapping, type Scope } from '../template/index.ts';
import type { Chain } from './chain.ts';
import type { PlayContext } from './play-context.ts';
import type { Layer } from './variables.ts';

/** What ctplay answers for `ansible_version`: the language level it follows. */
const languageVersion = { string: '2.14.0', full: '2.14.0', major: 2, minor: 14, revision: 0 };

const names: ReadonlySet<string> = new Set(['inventory_hostname', 'inventory_hostname_short', 'groups', 'group_names', 'hostvars', 'vars', 'play_hosts', 'ansible_play_batch', 'ansible_play_hosts', 'ansible_play_hosts_all', 'ansible_play_name', 'ansible_check_mode', 'ansible_diff_mode', 'ansible_verbosity', 'ansible_forks', 'ansible_run_tags', 'ansible_skip_tags', 'ansible_limit', 'ansible_version', 'ansible_inventory_sources', 'playbook_dir', 'role_name', 'ansible_role_name', 'ansible_collection_name', 'role_names', 'ansible_play_role_names', 'ansible_dependent_role_names', 'ansible_role_names', 'ansible_search_path', 'ansible_config_file', 'ansible_parent_role_names', 'role_path', 'omit']);

/** @param scope the whole scope that the layer is part of, once it is made */
export function magicLayer(play: PlayContext, host: string, chain: Chain, scope: () => Scope): Layer {
  return {
    get: (name) => {
      const value = names.has(name) ? magicValue(play, host, chain, scope, name) : undefined;
      return value === undefined ? undefined : { value, literal: true };
    },
    names: () => names,
  };
}

function magicValue(play: PlayContext, host: string, chain: Chain, scope: () => Scope, name: string): unknown {
  const { run, roles, playbookFile, play: written } = play;
  switch (name) {
    case 'inventory_hostname': return host;
    case 'inventory_hostname_short': return host.split('.')[0];
    case 'groups': return run.inventory.members();
    case 'group_names': return run.inventory.groupsOf(host);
    case 'hostvars': return hostvars(play);
    case 'vars': return play.mapping(scope(), chain);
    case 'play_hosts':
    case 'ansible_play_batch': return play.hosts.filter((one) => !run.fallen.has(one));
    case 'ansible_play_hosts': return hostsUnordered(play).filter((one) => !run.fallen.has(one));
    case 'ansible_play_hosts_all': return hostsUnordered(play);
    case 'ansible_play_name': return play.templar(scope(), chain, playbookFile).render(written.name ?? String(written.hosts));
    case 'ansible_check_mode': return run.settings.check;
    case 'ansible_diff_mode': return run.settings.diff;
    case 'ansible_verbosity': return run.settings.verbosity;
    case 'ansible_forks': return run.settings.forks;
    case 'ansible_run_tags': return run.settings.tags.length > 0 ? run.settings.tags : ['all'];
    case 'ansible_skip_tags': return run.settings.skipTags;
    case 'ansible_limit': return run.settings.limit === undefined ? undefined : [run.settings.limit].flat().join(',');
    case 'ansible_version': return languageVersion;
    case 'ansible_inventory_sources': return run.inventory.sources;
    case 'playbook_dir': return path.dirname(path.resolve(playbookFile));
    case 'role_name': return chain.role?.name.split('.').at(-1);
    case 'ansible_role_name': return chain.role?.name;
    case 'ansible_collection_name': return chain.role && (chain.role.collection ?? '');
    case 'role_names':
    case 'ansible_play_role_names': return roles.names.own;
    case 'ansible_dependent_role_names': return roles.names.dependencies;
    case 'ansible_role_names': return [...new Set([...roles.names.dependencies, ...roles.names.own])];
    case 'ansible_search_path': return [...(chain.role ? [chain.role.path, path.join(chain.role.path, 'tasks')] : []), path.dirname(path.resolve(playbookFile))];
    case 'ansible_config_file': return run.settings.ansible?.['CONFIG_FILE'] ?? null;
    case 'ansible_parent_role_names': return parentRoles(chain);
    case 'role_path': return chain.role?.path;
    case 'omit': return omit;
    default: return undefined;
  }
}

/** All hosts of the play, whatever its `order` says. */
function hostsUnordered({ run, play, allHosts }: PlayContext): readonly string[] {
  return play.order === undefined ? allHosts : run.inventory.hostNames.filter((host) => allHosts.includes(host));
}

/** As in Ansible: what hosts know by themselves, without the play's variables, and with the implicit localhost. */
function hostvars(play: PlayContext): LazyMapping {
  const { inventory } = play.run;
  const keys = (): readonly string[] => (inventory.hostNames.includes('localhost') ? inventory.hostNames : [...inventory.hostNames, 'localhost']);
  return {
    keys,
    has: (key) => typeof key === 'string' && keys().includes(key),
    get: (key) => (typeof key === 'string' && keys().includes(key) ? play.ownVariables(key) : undefined),
  };
}

/** The roles whose include_role or import_role brought the task's role in; a role's dependencies have none. */
function parentRoles(chain: Chain): readonly string[] | undefined {
  if (chain.role === undefined || !chain.role.included || chain.roles.length < 2) return undefined;
  return chain.roles.slice(0, -1).map((role) => role.name).reverse();
}
