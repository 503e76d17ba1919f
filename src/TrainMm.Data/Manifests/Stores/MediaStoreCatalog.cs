using TrainMm.Core.Config;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>The kinds of media stores.</summary>
public static class MediaStoreCatalog
{
    /// <summary>All of them.</summary>
    public static readonly Catalog<IMediaStore, ManifestContext> All = new(
        "media store",
        CatalogEntry.Of("folder", (FolderStoreOptions options, ManifestContext _) => new FolderStore(options.Path, options.FollowLinks), "LLaVA's image_folder"),
        CatalogEntry.Of("zip", (ZipStoreOptions options, ManifestContext _) => new ZipStore(options.Path), "PKWARE APPNOTE 6.3.10"),
        CatalogEntry.Of("tar", (TarStoreOptions options, ManifestContext _) => new TarStore(options.Paths), "POSIX.1-2001 pax; WebDataset"));
}
