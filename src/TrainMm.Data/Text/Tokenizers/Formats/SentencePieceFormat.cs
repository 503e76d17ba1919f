using System.Security.Cryptography;
using TrainMm.Core.Diagnostics;
using TrainMm.Data.Text.Tokenizers.Models;
using TrainMm.Data.Text.Tokenizers.PostProcessors;
using TrainMm.Data.Text.Tokenizers.SentencePiece;

namespace TrainMm.Data.Text.Tokenizers.Formats;

/// <summary>SentencePiece's model file: LLaMA's <c>tokenizer.model</c>, T5's <c>spiece.model</c>.</summary>
internal sealed class SentencePieceFormat : ITokenizerFormat
{
    /// <inheritdoc/>
    public string FileName => "*.model";

    /// <inheritdoc/>
    public TokenizerParts Read(string file)
    {
        var bytes = JsonDocumentFile.ReadBytes(file);
        try
        {
            var model = SentencePieceProto.Read(bytes);
            var configuration = Configuration(TokenizerConfiguration.Read(Path.GetDirectoryName(Path.GetFullPath(file))!), model);
            return new TokenizerParts
            {
                Model = WordModel(model),
                Fingerprint = Convert.ToHexStringLower(SHA256.HashData(bytes)),
                Configuration = configuration,
                Normalizer = new SentencePieceNormalizer(model),
                PostProcessors = [PostProcessor(model, configuration)],
                Decoders = [new SentencePieceDecoder(model)],
                AddedTokens = [.. AddedTokens(model)],
            };
        }
        catch (InvalidDataException fault)
        {
            throw new DataException($"this is no SentencePiece model: {fault.Message}", file, fault);
        }
    }

    private static IWordModel WordModel(SentencePieceProto model)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            ids.TryAdd(model.Pieces[id].Text, id);
        }

        var vocabulary = new Vocabulary(ids);
        var usable = Enumerable.Range(0, model.Pieces.Count).Where(id => model.Pieces[id].Kind is PieceKind.Normal or PieceKind.UserDefined).ToList();
        if (!model.IsBytePair)
        {
            var bytes = model.ByteFallback ? UnigramReader.ByteIds(vocabulary) : null;
            return new UnigramModel(vocabulary, [.. model.Pieces.Select(piece => (double)piece.Score)], usable, model.UnknownId, bytes, keepsSingle: true);
        }

        if (model.Pieces.Exists(piece => piece.Kind == PieceKind.Unused))
        {
            throw new InvalidDataException("a BPE model with unused pieces is not supported");
        }

        var ranks = model.Pieces.Select(piece => piece.Score).Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(pair => pair.score, pair => pair.rank);
        return new BytePairModel(
            vocabulary,
            SplitMerges.Build(vocabulary, usable.Select(id => (id, ranks[model.Pieces[id].Score]))),
            new BytePairOptions { UnknownToken = model.TextOf(model.UnknownId), FuseUnknown = true, ByteFallback = model.ByteFallback });
    }

    private static TokenizerConfiguration Configuration(TokenizerConfiguration said, SentencePieceProto model) => said with
    {
        BeginOfText = said.BeginOfText ?? model.TextOf(model.BeginId),
        EndOfText = said.EndOfText ?? model.TextOf(model.EndId),
        Padding = said.Padding ?? model.TextOf(model.PaddingId),
        Unknown = said.Unknown ?? model.TextOf(model.UnknownId),
    };

    /// <summary>The model file does not say: where the configuration does not either, LLaMA's way (BOS first) holds for a model with BOS, else T5's (EOS last).</summary>
    private static IPostProcessor PostProcessor(SentencePieceProto model, TokenizerConfiguration configuration)
    {
        var begins = configuration.AddBeginOfText ?? model.TextOf(model.BeginId) is not null;
        var ends = configuration.AddEndOfText ?? model.TextOf(model.BeginId) is null;
        if (!begins && ends && model.EndId >= 0)
        {
            return new EndPostProcessor(model.EndId);
        }

        return new SurroundPostProcessor(begins && model.BeginId >= 0 ? [model.BeginId] : [], ends && model.EndId >= 0 ? [model.EndId] : []);
    }

    private static IEnumerable<AddedToken> AddedTokens(SentencePieceProto model)
    {
        for (var id = 0; id < model.Pieces.Count; id++)
        {
            var (text, _, kind) = model.Pieces[id];
            if (kind is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined)
            {
                var isUsers = kind == PieceKind.UserDefined;
                yield return new AddedToken(id, text, Special: !isUsers, Normalized: false, SingleWord: false, StripLeft: false, StripRight: false);
            }
        }
    }
}
