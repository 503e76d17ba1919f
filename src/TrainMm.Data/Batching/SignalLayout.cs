using TrainMm.Core.Roles;
using TrainMm.Data.Text.Instructions;

namespace TrainMm.Data.Batching;

/// <summary>What a run wants of the media of one modality that are to be made.</summary>
/// <param name="Captions">Bring a caption to the ids of the generator's text encoders, in their order; shorter ones are padded to each one's longest.</param>
/// <param name="Target">How the media themselves are prepared; null where the run does not need them.</param>
public sealed record SignalLayout(IReadOnlyList<MediumInstructions> Captions, MediaSpec? Target)
{
    /// <summary>Whether the run cannot do without the rows' captions.</summary>
    public bool NeedsCaptions { get; init; }

    /// <summary>Tc, the ids of a caption.</summary>
    public int Tokens => Captions.Sum(reader => reader.MaxTokens);

    /// <summary>A caption's ids, as many as the generator reads.</summary>
    public IEnumerable<long> IdsOf(string caption) => Captions.SelectMany(reader =>
    {
        var ids = reader.Encode(caption);
        return Enumerable.Range(0, reader.MaxTokens).Select(t => t < ids.Length ? (long)ids[t] : reader.PaddingId);
    });
}
