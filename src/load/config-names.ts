/** Settings under the names that Ansible gives them (`ansible-config list`): what the lookup `config` is asked for. */
import { usualManagedText } from '../template/template-variables.ts';
import type { AnsibleConfig } from './config.ts';

/** Those that ctplay knows, with Ansible's defaults where nothing is said. */
export function settingsByName(config: AnsibleConfig): Readonly<Record<string, unknown>> {
  return {
    CONFIG_FILE: config.file ?? null,
    COLLECTIONS_PATHS: config.collectionsPath,
    DEFAULT_ROLES_PATH: config.rolesPath,
    DEFAULT_HOST_LIST: config.inventory,
    DEFAULT_FORKS: config.forks ?? 5,
    DEFAULT_REMOTE_USER: config.remoteUser ?? null,
    DEFAULT_MANAGED_STR: config.managedText ?? usualManagedText,
    DEFAULT_PRIVATE_KEY_FILE: config.privateKeyFile ?? null,
    DEFAULT_TIMEOUT: config.timeoutSeconds ?? 10,
    DEFAULT_VAULT_PASSWORD_FILE: config.vaultPasswordFile ?? null,
    DEFAULT_BECOME: config.become ?? false,
    DEFAULT_BECOME_ASK_PASS: config.becomeAskPass ?? false,
    DEFAULT_BECOME_METHOD: config.becomeMethod ?? 'sudo',
    DEFAULT_BECOME_USER: config.becomeUser ?? 'root',
    HOST_KEY_CHECKING: config.hostKeyChecking ?? true,
  };
}
