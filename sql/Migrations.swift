// The migrations, embedded in the command, so that an installation needs no SQL files beside it.

/// One migration: a file of `sql/migrations`, applied in a transaction of its own.
public struct Migration: Sendable {
    /// Name of the file, `NNNN-name.sql`; the number is the migration's level.
    public let name: String
    /// The file's bytes, UTF-8. Applied migrations are recognised by their digest, so they never change.
    public let text: [UInt8]
}

/// All migrations, in the order in which they are applied. New ones are appended.
public let migrations: [Migration] = [
    // SwiftPM makes identifiers of the file names: a leading digit and every hyphen become an underscore.
    Migration(name: "0001-roles.sql", text: PackageResources._001_roles_sql),
    Migration(name: "0002-users.sql", text: PackageResources._002_users_sql),
    Migration(name: "0003-audit.sql", text: PackageResources._003_audit_sql),
    Migration(name: "0004-keys.sql", text: PackageResources._004_keys_sql),
    Migration(name: "0005-login.sql", text: PackageResources._005_login_sql),
    Migration(name: "0006-files.sql", text: PackageResources._006_files_sql),
    Migration(name: "0007-uploads.sql", text: PackageResources._007_uploads_sql),
    Migration(name: "0008-reading.sql", text: PackageResources._008_reading_sql),
    Migration(name: "0009-operators.sql", text: PackageResources._009_operators_sql),
    Migration(name: "0010-audit-chains.sql", text: PackageResources._010_audit_chains_sql),
    Migration(name: "0011-login-defence.sql", text: PackageResources._011_login_defence_sql),
    Migration(name: "0012-folders.sql", text: PackageResources._012_folders_sql),
    Migration(name: "0013-users.sql", text: PackageResources._013_users_sql),
    Migration(name: "0014-sessions.sql", text: PackageResources._014_sessions_sql),
    Migration(name: "0015-upload-check.sql", text: PackageResources._015_upload_check_sql),
    Migration(name: "0016-stores.sql", text: PackageResources._016_stores_sql),
    Migration(name: "0017-upkeep.sql", text: PackageResources._017_upkeep_sql),
    Migration(name: "0018-short-way.sql", text: PackageResources._018_short_way_sql),
    Migration(name: "0019-forget-store.sql", text: PackageResources._019_forget_store_sql),
    Migration(name: "0020-limits.sql", text: PackageResources._020_limits_sql),
    Migration(name: "0021-long-uploads.sql", text: PackageResources._021_long_uploads_sql),
    Migration(name: "0022-accounts-and-stores.sql", text: PackageResources._022_accounts_and_stores_sql),
    Migration(name: "0023-first-versions.sql", text: PackageResources._023_first_versions_sql),
]
