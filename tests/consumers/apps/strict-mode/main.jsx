// An application that makes its client in an effect, as many do, and forgets to close it. In development React mounts it twice.

import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "tessera-auth";

const config = await (await fetch("/config.json")).json();
const logger = ({ level, message, detail }) => report("log", { level, message, detail });

function App() {
  const [client, setClient] = useState(null);
  const [session, setSession] = useState(null);
  useEffect(() => {
    let stop;
    createClient({ ...config.client, logger }).then((client) => {
      clients.push(client);
      globalThis.client = client;
      setClient(client);
      stop = client.subscribe(setSession);
    });
    return () => stop?.();
  }, []);

  useEffect(() => {
    if (client)
      document.body.dataset.state = session ? `signed in as ${session.subject}` : "signed out";
  }, [client, session]);
  return session ? (
    <p>{session.subject}</p>
  ) : (
    <button onClick={() => client?.signIn()}>Sign in</button>
  );
}

/** One for each mount. */
const clients = [];
globalThis.clients = clients;
createRoot(document.querySelector("main")).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
