namespace TrainMm.Models.Encoders;

/// <summary>Which of a layer's features are handed on.</summary>
public enum FeatureSelection
{
    /// <summary>The patches (LLaVA's <c>patch</c>).</summary>
    Patch,

    /// <summary>The class token and the patches.</summary>
    ClsPatch,

    /// <summary>One vector an image, as the whole tower pools it; every layer is built then.</summary>
    Pooled,
}
