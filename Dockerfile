# syntax=docker/dockerfile:1
FROM python:3.13-slim AS build
# The compiler and its headers stay in this stage, and so does what Debian's database clients bring along but do not need.
# Versions are Debian's own: they move with its security fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libmariadb-dev mariadb-client pkg-config \
        postgresql-client python3-dev \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir /clients \
    && cp /usr/bin/mariadb /usr/bin/mariadb-dump /usr/lib/postgresql/*/bin/psql /usr/lib/postgresql/*/bin/pg_dump /clients
COPY requirements-prod.txt /
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement /requirements-prod.txt \
    && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim
# Libraries of mysqlclient and of the clients that manage.py backup and restore run.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libedit2 liblz4-1 libmariadb3 libncurses6 libpq5 libreadline8 \
        libstdc++6 libxxhash0 libzstd1 \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent school
COPY --from=build /clients /usr/local/bin
COPY --from=build /venv /venv
COPY . /srv
WORKDIR /srv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
# Nothing can be compiled later, where the root is read-only. A client whose library is missing fails here, not at night.
RUN mariadb --version && mariadb-dump --version && psql --version && pg_dump --version \
    && python -m compileall -q -j 0 /venv/lib . \
    && DEBUG=off ALLOWED_HOSTS=localhost EMAIL_URL=consolemail:// SECRET_KEY=only-to-collect-the-static-files python manage.py collectstatic --no-input --verbosity 0
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/ready', timeout=4)"]
# gunicorn is process 1: SIGTERM lets requests in flight finish.
CMD ["gunicorn", "crm.wsgi", "--bind", "0.0.0.0:8000"]
