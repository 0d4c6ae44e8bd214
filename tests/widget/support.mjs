/** A keep in memory, as the frame's storage behaves. */
export class MemoryKeep {
  held = new Map();
  keys = () => [...this.held.keys()];
  get = (key) => this.held.get(key) ?? null;
  set = (key, value) => void (value === null ? this.held.delete(key) : this.held.set(key, value));
}
