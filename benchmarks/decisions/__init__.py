"""Keep or sell: worlds of requests on which policies are compared with each other and with hindsight."""
