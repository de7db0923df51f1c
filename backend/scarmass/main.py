"""Composition root: settings to database, files, models and the services' context."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from scarmass.domain.audit import AuditReceiver
from scarmass.domain.errors import ExtraNotInstalled
from scarmass.domain.pacs import Commitment, DimsePeer, LocalEntity, PacsClient, Peer
from scarmass.domain.pacs_rules import source_of
from scarmass.domain.reading import Sensitivity
from scarmass.domain.study_groups import GENERAL, Filing
from scarmass.imaging.examiner import Examiners
from scarmass.imaging.syslog import SyslogReceiver
from scarmass.listener import Listening
from scarmass.models import is_fitted_to, open_models
from scarmass.services.context import Context
from scarmass.services.deletion.places import Places
from scarmass.services.intake import Intake, take_in
from scarmass.services.metrics import Metrics
from scarmass.services.pacs.send import require_stored
from scarmass.settings import Settings
from scarmass.storage.database import Database, migrate
from scarmass.storage.embedded_postgres import embedded_postgres
from scarmass.storage.files import FileStore
from scarmass.storage.installations import require_ours
from scarmass.storage.local_store import LocalStore
from scarmass.storage.record_key import record_key
from scarmass.storage.spool import Spool
from scarmass.storage.spool_notes import ANSWERED, answer_to_json

console = Console(stderr=True, highlight=False)


@contextmanager
def open_storage(settings: Settings) -> Iterator[tuple[Database, FileStore]]:
    """The migrated database and its file store. Raises StoreNotOurs, StoreUnavailable."""
    with open_database(settings) as database:
        files = open_files(settings)
        require_ours(database, files)
        yield database, files


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """The migrated database; an embedded PostgreSQL is stopped at the end."""
    with open_postgres(settings) as url:
        with console.status("Migrating the database"):
            migrate(url)
        database = Database(url)
        try:
            yield database
        finally:
            database.close()


def open_files(settings: Settings) -> FileStore:
    """The stored objects, whosever they are, within what settings leave them of the disk. Raises ExtraNotInstalled."""
    root, least_free = settings.data_dir / "objects", int(settings.min_free_disk_gib * 2**30)
    bucket, largest = settings.bucket, settings.max_storage_gib
    if bucket is None:
        return LocalStore(root, None if largest is None else int(largest * 2**30), least_free)
    try:
        from scarmass.storage.object_store import ObjectStore
    except ModuleNotFoundError as error:
        missing = "the settings name an object store, and its package is missing: pip install 'scarmass[s3]'"
        raise ExtraNotInstalled(missing) from error
    return ObjectStore(bucket, root, least_free)


@contextmanager
def open_postgres(settings: Settings) -> Iterator[str]:
    """The URL of the database as it is, whatever its schema; an embedded PostgreSQL is stopped at the end."""
    with ExitStack() as stack:
        url = settings.postgres_url
        if url is None:
            with console.status("Starting the embedded PostgreSQL"):
                url = stack.enter_context(embedded_postgres(settings.data_dir / "postgres"))
        yield url


def open_context(settings: Settings, database: Database, files: FileStore) -> Context:
    """The services' context with the models loaded."""
    with console.status("Loading the models"):
        spool = open_spool(settings)
        metrics = Metrics()
        models = open_models(settings, database, files, metrics.step)
        if not is_fitted_to(settings, models.segmenter.model):
            console.print("The site's sensitivity was fitted to other weights: run `scarmass calibrate` again")
        return Context(
            database=database,
            files=files,
            detector=models.detector,
            segmenter=models.segmenter,
            mass_extent=settings.mass_extent,
            density_g_per_ml=settings.density_g_per_ml,
            sensitivity=Sensitivity(settings.sensitivity, settings.sensitivity_follows),
            examiners=open_examiners(settings),
            largest_stack_pixels=settings.max_stack_pixels,
            report_templates=settings.report_templates,
            results_folder=settings.results_folder,
            network=settings.pacs.network,
            client_of=lambda peer: open_client(settings.pacs.local or LocalEntity(), spool, peer),
            spool=spool,
            login=settings.login.login,
            study_group_of=settings.login.study_group_of,
            retention=settings.retention,
            nightly_hour=settings.nightly_hour,
            record_key=record_key(settings.data_dir),
            audit_receiver=open_audit_receiver(settings),
            metrics=metrics,
            precedence=models.precedence,
            models_answer=models.answer,
        )


def open_places(settings: Settings, database: Database, files: FileStore) -> Places:
    """Where something of a patient may lie, without the models that a context has."""
    return Places(
        database,
        files,
        settings.results_folder,
        open_spool(settings),
        settings.pseudonyms,
        settings.retention,
        record_key(settings.data_dir),
    )


def open_audit_receiver(settings: Settings) -> AuditReceiver | None:
    """Where the audit trail is sent to; None where it stays here."""
    syslog = settings.audit.syslog
    return None if syslog is None else SyslogReceiver(syslog.server, settings.audit.source)


def open_client(local: LocalEntity, spool: Spool | None, peer: Peer) -> PacsClient:
    """What talks to a peer, over its protocol. spool: where what it answers later waits."""
    if isinstance(peer, DimsePeer):
        from scarmass.imaging.dimse.client import DimseClient

        def answered(peer: DimsePeer, commitment: Commitment) -> None:
            if spool is not None:
                spool.note(source_of(peer), ANSWERED, answer_to_json(commitment))

        return DimseClient(peer, local, committed=answered)
    from scarmass.imaging.dicomweb.client import DicomwebClient

    return DicomwebClient(peer)


def open_spool(settings: Settings) -> Spool | None:
    """Where what comes over the network waits; None where nothing can come."""
    pacs = settings.pacs
    if pacs.local is None and not pacs.peers:
        return None
    return Spool(settings.data_dir / "spool", pacs.network.largest_spool_bytes)


def open_examiners(settings: Settings) -> Examiners:
    """Those that read what comes in, and de-identify it where the settings say so. Raises SecretTooShort."""
    return Examiners(settings.bounds, settings.examiner_processes, settings.pseudonyms)


def open_listening(settings: Settings) -> Listening | None:
    """What the listener beside the server is to know; None where nothing listens."""
    pacs = settings.pacs
    if pacs.local is None:
        return None
    return Listening(
        local=pacs.local,
        peers=tuple(peer for peer in pacs.peers if isinstance(peer, DimsePeer)),
        spool=settings.data_dir / "spool",
        spool_bytes=pacs.network.largest_spool_bytes,
        object_bytes=settings.max_file_mib * 2**20,
        associations=settings.max_associations,
        checks_address=settings.checks_peer_address,
    )


def import_paths(
    database: Database, files: FileStore, examiners: Examiners, paths: list[Path], study_group: str = GENERAL
) -> Intake:
    """Take in files and .zip archives from the disk. study_group: of new studies."""

    def opened() -> Iterator[tuple[str, object]]:
        for path in paths:
            with path.open("rb") as stream:
                yield str(path), stream

    return take_in(database, files, opened(), examiners=examiners, filed=Filing(study_group))  # type: ignore[arg-type]


def send_paths(settings: Settings, peer: str, paths: list[Path]) -> str:
    """Send DICOM files to a peer of the settings; answers in a sentence.

    Raises PeerNotFound, PeerUnreachable, PeerRefused, PeerFailed.
    """
    client = open_client(settings.pacs.local or LocalEntity(), None, settings.pacs.network.peer(peer))
    warning = require_stored(peer, client.send([path.read_bytes() for path in paths], lambda _: None))
    return warning or f"{peer} has {len(paths)} objects"
