using TrainMm.Data.Text.Tokenizers.Decoders;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.Normalizers;
using TrainMm.Data.Text.Tokenizers.PostProcessors;
using TrainMm.Data.Text.Tokenizers.PreTokenizers;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>What a tokenizer's files describe, whatever their format.</summary>
internal sealed record TokenizerParts
{
    /// <summary>Words to ids.</summary>
    public required IWordModel Model { get; init; }

    /// <summary>SHA-256 of the file.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>What <c>tokenizer_config.json</c> says.</summary>
    public required TokenizerConfiguration Configuration { get; init; }

    /// <summary>Rewrites text, or null.</summary>
    public INormalizer? Normalizer { get; init; }

    /// <summary>Cut text into words, in order.</summary>
    public IReadOnlyList<IPreTokenizer> PreTokenizers { get; init; } = [];

    /// <summary>Whether the model is shown each word's UTF-8 bytes in GPT-2's alphabet.</summary>
    public bool MapsBytes { get; init; }

    /// <summary>Put special tokens round the ids, in order.</summary>
    public IReadOnlyList<IPostProcessor> PostProcessors { get; init; } = [];

    /// <summary>Turn tokens into text, in order; null joins tokens with spaces.</summary>
    public IReadOnlyList<IDecoder>? Decoders { get; init; }

    /// <summary>Tokens that are looked for as they are spelled.</summary>
    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    /// <summary>The ids of the tokens with a role.</summary>
    /// <param name="idOf">The id of a token's spelling.</param>
    /// <param name="unknownId">The model's unknown token.</param>
    public SpecialTokens RolesOf(Func<string, int?> idOf, int? unknownId)
    {
        int? Find(string? token) => token is null ? null : idOf(token);
        return new SpecialTokens(
            Find(Configuration.BeginOfText),
            Find(Configuration.EndOfText),
            Find(Configuration.Padding),
            Find(Configuration.Unknown) ?? unknownId,
            Configuration.AddBeginOfText,
            Configuration.AddEndOfText);
    }
}
