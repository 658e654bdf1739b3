/** `tessera-auth/core_bg.wasm`, `tessera-auth/flows_bg.wasm`, `tessera-auth/more_bg.wasm`: a module as an asset, for `init` or to preload it: esbuild's `file` loader, webpack's `asset/resource`. In Vite, add `?url`. */
declare const url: string;
export default url;
