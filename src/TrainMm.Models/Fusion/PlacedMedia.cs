using TrainMm.Core;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion;

/// <summary>A medium of a batch and where it stands.</summary>
/// <param name="Row">Its sample's row in the batch.</param>
/// <param name="Column">Its place in the sample.</param>
/// <param name="Modality">Its modality.</param>
/// <param name="Number">Its number among the batch's media of its modality.</param>
internal sealed record PlacedMedium(int Row, int Column, string Modality, int Number);

/// <summary>Where a batch's media stand, for fusions that give each one place.</summary>
internal static class PlacedMedia
{
    /// <summary>Every medium, in the order of rows and places.</summary>
    /// <exception cref="InvalidOperationException">There are more or fewer places than media, or a modality was not projected.</exception>
    public static IReadOnlyList<PlacedMedium> Of(Batch batch, IReadOnlyDictionary<string, Tensor> projected)
    {
        var length = batch.Ids.shape[1];
        var found = new List<PlacedMedium>();
        foreach (var (modality, media) in batch.Media)
        {
            if (!projected.TryGetValue(modality, out var tokens)) throw new InvalidOperationException($"The batch has media of modality '{modality}', the model has no such path.");
            using var onCpu = media.Places.cpu();
            var places = onCpu.data<long>().ToArray();
            if (places.Length != tokens.shape[0])
                throw new InvalidOperationException($"{tokens.shape[0]} media of modality '{modality}' take one place each; the text keeps {places.Length} places for them.");
            found.AddRange(places.Select((place, number) => new PlacedMedium((int)(place / length), (int)(place % length), modality, number)));
        }

        return [.. found.OrderBy(medium => medium.Row).ThenBy(medium => medium.Column)];
    }
}
