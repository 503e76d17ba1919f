using TrainMm.Core.Config;

namespace TrainMm.Data.Manifests.Rows.NextGpt;

/// <summary>What stands for the media that an answer makes.</summary>
public enum NextGptOutputs
{
    /// <summary>Their tags, as text.</summary>
    Text,

    /// <summary>The model's signal tokens. Each has its caption, in <c>image_captions</c> and the like or in its turn's <c>caption</c>, its file in <c>output_image</c> and the like, or both.</summary>
    Signals,
}

/// <summary>Options of rows in NExT-GPT's form.</summary>
public sealed class NextGptRowOptions
{
    /// <summary>The file of rows: a JSON array, or one row a line.</summary>
    [PathValue(PathRule.ExistingFile)]
    public required string Path { get; init; }

    /// <summary>The folder in the media store that pictures' paths start in; empty: the store's root.</summary>
    public string ImageFolder { get; init; } = "";

    /// <summary>The folder in the media store that videos' paths start in; empty: the store's root.</summary>
    public string VideoFolder { get; init; } = "";

    /// <summary>The folder in the media store that recordings' paths start in; empty: the store's root.</summary>
    public string AudioFolder { get; init; } = "";

    /// <summary>What stands for the media that an answer makes: their tags as text, or the model's signal tokens.</summary>
    public NextGptOutputs Outputs { get; init; } = NextGptOutputs.Text;

    /// <summary>Whether signals have the files that the rows name for them, which latent_diffusion learns from; without them the files need not be there.</summary>
    public bool OutputFiles { get; init; } = true;
}
