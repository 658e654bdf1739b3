/**
 * `tessera-auth/core_bg.wasm`, `flows_bg.wasm`, `more_bg.wasm` and `credentials_bg.wasm`: a module as an asset, whose address `init` takes: by esbuild's
 * `file` loader, webpack's `asset/resource`. In Vite, add `?url`.
 */
declare const url: string;
export default url;
