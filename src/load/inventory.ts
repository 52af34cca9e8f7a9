/** Inventories: see `loadInventory`. */
export { loadInventory, type InventoryOptions } from './inventory/load.ts';
