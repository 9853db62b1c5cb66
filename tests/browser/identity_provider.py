"""An identity provider of OpenID Connect for tests: it signs whoever it is told to into an app, on this machine."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


class IdentityProvider:
    """Where it is, and who signs in next.

    Attributes
    ----------
    address : str
    claims : dict
        Of the person: email, email_verified, name.
    """

    def __init__(self) -> None:
        self.claims: dict = {}
        self._key = RSAKey.generate_key(2048, {"kid": "test"})
        self._nonces: dict[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_) -> None:
                pass

            def _json(self, content: dict) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                if asked.path == "/.well-known/openid-configuration":
                    self._json(provider.metadata())
                elif asked.path == "/keys":
                    self._json({"keys": [provider._key.as_dict(private=False)]})
                else:
                    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
                    code = base64.urlsafe_b64encode(query["state"].encode()).decode()
                    provider._nonces[code] = query["nonce"]
                    back = urlencode({"code": code, "state": query["state"]})
                    self.send_response(302)
                    self.send_header("Location", f"{query['redirect_uri']}?{back}")
                    self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                code = parse_qs(body)["code"][0]
                self._json(
                    {
                        "access_token": "unused", "token_type": "Bearer", "expires_in": 60,
                        "id_token": provider.token(provider._nonces.pop(code)),
                    }
                )  # fmt: skip

        return Handler

    def metadata(self) -> dict:
        """Return what the provider says of itself."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def token(self, nonce: str) -> str:
        """Return a signed identity token of the person who signs in."""
        now_s = int(time.time())
        claims = {"iss": self.address, "aud": "app", "sub": "1", "iat": now_s, "exp": now_s + 300, "nonce": nonce}
        return jwt.encode({"alg": "RS256", "kid": "test"}, claims | self.claims, self._key)

    @contextmanager
    def serving(self) -> Iterator[IdentityProvider]:
        """Serve until left."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join(10)
