// No library: a token that lies encrypted in IndexedDB, under a key that no script can read, and `fetch`. What it takes to keep a
// token so, whatever keeps it.

const algorithm = { name: "AES-GCM", length: 256 };

export async function open() {
  const store = await openStore();
  const kept = await done(store("readonly").get("token"));
  const text =
    kept && new TextDecoder().decode(await crypto.subtle.decrypt(kept, kept.key, kept.sealed));
  const authorization = `Bearer ${text}`;
  return {
    isSignedIn: kept !== undefined,
    call: (url) => fetch(url, { headers: { authorization } }),
    async keep(token) {
      const key = await crypto.subtle.generateKey(algorithm, false, ["encrypt", "decrypt"]);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const cipher = { name: algorithm.name, iv };
      const sealed = await crypto.subtle.encrypt(cipher, key, new TextEncoder().encode(token));
      await done(store("readwrite").put({ ...cipher, key, sealed }, "token"));
    },
    close() {},
  };
}

async function openStore() {
  const request = indexedDB.open("stored");
  request.onupgradeneeded = () => request.result.createObjectStore("values");
  const database = await done(request);
  return (mode) => database.transaction("values", mode).objectStore("values");
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
