// Where the identity provider keeps what it issued: in memory, for as long as it runs.

/** Makes the `adapter` that `oidc-provider` asks for, one store for each provider. */
export function createStore() {
  const models = new Map();

  return class Store {
    constructor(model) {
      if (!models.has(model)) models.set(model, new Map());
      this.entries = models.get(model);
    }

    async upsert(id, payload, expiresIn) {
      const expiresAtMs = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000;
      this.entries.set(id, { payload, expiresAtMs });
    }

    async find(id) {
      const entry = this.entries.get(id);
      if (entry && entry.expiresAtMs <= Date.now()) this.entries.delete(id);
      return this.entries.get(id)?.payload;
    }

    async findByUid(uid) {
      for (const [id, { payload }] of this.entries) if (payload.uid === uid) return this.find(id);
      return undefined;
    }

    /** A spent code or refresh token stays known: its second use must be recognised. */
    async consume(id) {
      this.entries.get(id).payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id) {
      this.entries.delete(id);
    }

    async revokeByGrantId(grantId) {
      for (const [id, { payload }] of this.entries)
        if (payload.grantId === grantId) this.entries.delete(id);
    }

    /** Forgets everything of one kind, e.g. every `Session`. */
    static forget(model) {
      models.get(model)?.clear();
    }
  };
}
