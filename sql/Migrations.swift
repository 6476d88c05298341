let migrations = [PackageResources._001_roles_sql]
