using TrainMm.Core.Config;
using TrainMm.Data.Manifests.Stores;

namespace TrainMm.Data.Manifests.Rows;

/// <summary>The kinds of row formats.</summary>
public static class RowFormatCatalog
{
    /// <summary>All of them.</summary>
    public static readonly Catalog<IRowFormat, ManifestContext> All = new(
        "row format",
        CatalogEntry.Of("llava_json", (LlavaRowOptions options, ManifestContext _) => new LlavaJsonRows(options), "LLaVA, arXiv:2304.08485"),
        CatalogEntry.Of("llava_jsonl", (LlavaRowOptions options, ManifestContext _) => new LlavaJsonlRows(options), "LLaVA, arXiv:2304.08485"));
}
