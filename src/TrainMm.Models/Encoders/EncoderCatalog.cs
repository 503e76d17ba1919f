using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders.ClipVit;

namespace TrainMm.Models.Encoders;

/// <summary>The modality encoders.</summary>
public static class EncoderCatalog
{
    /// <summary>Every kind.</summary>
    public static readonly Catalog<IModalityEncoder, EncoderContext> All = new(
        "encoder",
        CatalogEntry.Of("clip_vit", (ClipVitOptions options, EncoderContext context) => ClipVitEncoder.Create(options, context), "CLIP, arXiv:2103.00020, section 2.4"));
}
